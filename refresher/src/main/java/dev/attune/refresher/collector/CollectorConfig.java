package dev.attune.refresher.collector;

import dev.attune.core.catalog.Sources;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who may send events.
 *
 * @param writeKeys the keys, by name; events that come with one are of the source {@code
 *     events:NAME}
 * @param origins web pages that may send with a browser, {@code https://shop.example}, or {@code *}
 *     for all
 * @param anyKey whether events are taken with any key, and without one, while no key is configured
 */
public record CollectorConfig(Map<String, String> writeKeys, Set<String> origins, boolean anyKey) {
  /** Any key, no other web page than those of this server. */
  public static final CollectorConfig OPEN = new CollectorConfig(Map.of(), Set.of(), true);

  /** Most write keys. */
  public static final int KEYS_MAX = 1_000;

  /** Most origins. */
  public static final int ORIGINS_MAX = 100;

  private static final int KEY_LENGTH_MAX = 200;

  public CollectorConfig {
    writeKeys = Map.copyOf(writeKeys);
    origins = Set.copyOf(origins);
    if (writeKeys.size() > KEYS_MAX) {
      throw new IllegalArgumentException(
          "write_keys: " + writeKeys.size() + " of them (allowed: " + KEYS_MAX + ")");
    }
    if (origins.size() > ORIGINS_MAX) {
      throw new IllegalArgumentException(
          "origins: " + origins.size() + " of them (allowed: " + ORIGINS_MAX + ")");
    }
    writeKeys.forEach(CollectorConfig::check);
    if (new HashSet<>(writeKeys.values()).size() < writeKeys.size()) {
      throw new IllegalArgumentException("write_keys: two names have the same key");
    }
    for (String origin : origins) {
      if (!origin.equals("*") && !origin.matches("[a-z][a-z0-9+.-]*://[a-z0-9.\\[\\]:-]*|null")) {
        throw new IllegalArgumentException(
            "origins: not an origin (expected: scheme://host or scheme://host:port in lower case"
                + " and without a path, or *)");
      }
    }
  }

  /** The same, where any key is taken while none is configured, or is not. */
  public CollectorConfig withAnyKey(boolean anyKey) {
    return new CollectorConfig(writeKeys, origins, anyKey);
  }

  // A colon ends the user of Basic authentication; the key itself is never printed.
  private static void check(String name, String key) {
    if (!Sources.isName(name)) {
      throw new IllegalArgumentException(
          "write_keys: a name that is not allowed (allowed: a-z, 0-9, _, . and -, at most 64)");
    }
    if (!key.matches("[!-9;-~]{1," + KEY_LENGTH_MAX + "}")) {
      throw new IllegalArgumentException(
          "write_keys."
              + name
              + ": not a key (expected: 1 to "
              + KEY_LENGTH_MAX
              + " visible ASCII characters without a colon)");
    }
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "CollectorConfig[writeKeys="
        + writeKeys.keySet()
        + ", origins="
        + origins
        + ", anyKey="
        + anyKey
        + "]";
  }
}
