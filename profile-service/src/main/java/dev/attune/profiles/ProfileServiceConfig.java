package dev.attune.profiles;

import java.time.Duration;

/**
 * Settings of the profile service.
 *
 * @param timeout for a lookup when the caller says nothing; a gRPC deadline can only shorten it
 * @param lookupsMax under way at once; one more is refused
 * @param nearCache what is kept in this process
 */
public record ProfileServiceConfig(Duration timeout, int lookupsMax, NearCacheConfig nearCache) {
  /** What holds when nothing is said. */
  public static final ProfileServiceConfig DEFAULT =
      new ProfileServiceConfig(Duration.ofMillis(200), 8_192);

  public ProfileServiceConfig {
    if (timeout.compareTo(Duration.ofMillis(1)) < 0
        || timeout.compareTo(Duration.ofSeconds(10)) > 0) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: 1 ms to 10 s)");
    }
    if (lookupsMax < 1 || lookupsMax > 1_000_000) {
      throw new IllegalArgumentException("lookupsMax: " + lookupsMax + " (expected: 1 to 1000000)");
    }
  }

  /** With the default near-cache. */
  public ProfileServiceConfig(Duration timeout, int lookupsMax) {
    this(timeout, lookupsMax, NearCacheConfig.DEFAULT);
  }

  /** The same with another near-cache. */
  public ProfileServiceConfig withNearCache(NearCacheConfig nearCache) {
    return new ProfileServiceConfig(timeout, lookupsMax, nearCache);
  }
}
