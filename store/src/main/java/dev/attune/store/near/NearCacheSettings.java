package dev.attune.store.near;

import java.time.Duration;

/**
 * How much is kept near, and for how long.
 *
 * @param bytesMax estimated heap of everything kept, keys and overhead included; what was asked for
 *     least goes first
 * @param ageMax the bound: no answer that was kept is older, counted from before the store was
 *     asked
 */
public record NearCacheSettings(long bytesMax, Duration ageMax) {
  public NearCacheSettings {
    if (bytesMax < 1 << 20) {
      throw new IllegalArgumentException("bytesMax: " + bytesMax + " (expected: at least 1 MB)");
    }
    if (ageMax.compareTo(Duration.ofMillis(1)) < 0 || ageMax.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("ageMax: " + ageMax + " (expected: 1 ms to 1 h)");
    }
  }
}
