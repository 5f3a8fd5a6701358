package dev.attune.profiles;

import java.time.Duration;

/**
 * What lookups may keep in this process.
 *
 * @param bytesMax estimated heap of what is kept; 0: nothing is kept, every lookup asks the store
 * @param ageMax how old an answer may be when the caller says nothing, whether or not the feed of
 *     changes works
 */
public record NearCacheConfig(long bytesMax, Duration ageMax) {
  /** 1 TB. */
  public static final long BYTES_MOST = 1L << 40;

  /** Shortest {@link #ageMax}. */
  public static final Duration AGE_LEAST = Duration.ofMillis(10);

  /** Longest {@link #ageMax}. */
  public static final Duration AGE_MOST = Duration.ofMinutes(1);

  private static final long BYTES_LEAST = 1L << 20;

  /** 64 MB, 2 s. */
  public static final NearCacheConfig DEFAULT =
      new NearCacheConfig(64L << 20, Duration.ofSeconds(2));

  /** Nothing is kept. */
  public static final NearCacheConfig OFF = new NearCacheConfig(0, DEFAULT.ageMax());

  public NearCacheConfig {
    if (bytesMax != 0 && (bytesMax < BYTES_LEAST || bytesMax > BYTES_MOST)) {
      throw new IllegalArgumentException(
          "bytesMax: " + bytesMax + " (expected: 0 for none, or 1 MB to 1 TB)");
    }
    if (ageMax.compareTo(AGE_LEAST) < 0 || ageMax.compareTo(AGE_MOST) > 0) {
      throw new IllegalArgumentException("ageMax: " + ageMax + " (expected: 10 ms to 1 min)");
    }
  }

  /** Whether nothing is kept. */
  public boolean isOff() {
    return bytesMax == 0;
  }
}
