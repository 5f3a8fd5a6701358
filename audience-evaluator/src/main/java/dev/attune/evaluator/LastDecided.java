package dev.attune.evaluator;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Which version of an audience, or of a computed trait, was the last one to decide it in one
 * partition. An edit that was replaced before it could decide anything must not begin to when its
 * events have been told after all. Of those that wait it is kept beside the states.
 */
final class LastDecided {
  private static final String KEY = "decided/";

  private final KeyValueStore<String, byte[]> meta;
  private final Map<String, Long> kept = new TreeMap<>();
  private Map<String, Long> live = Map.of();

  LastDecided(KeyValueStore<String, byte[]> meta) {
    this.meta = meta;
    try (var stored = meta.range(KEY, KEY + Character.MAX_VALUE)) {
      while (stored.hasNext()) {
        var each = stored.next();
        kept.put(each.key.substring(KEY.length()), ByteBuffer.wrap(each.value).getLong());
      }
    }
  }

  /** The version; empty when nobody knows: a process began when it waited already. */
  OptionalLong version(String told) {
    Long version = kept.getOrDefault(told, live.get(told));
    return version == null ? OptionalLong.empty() : OptionalLong.of(version);
  }

  /**
   * Takes note of what decides now.
   *
   * @param waiting what is not decided as it is defined, by what it is told under
   * @param deciding versions of what decides, of those that wait as well where something does
   */
  void are(Set<String> waiting, Map<String, Long> deciding) {
    for (String told : waiting) {
      Long version =
          deciding.getOrDefault(told, version(told).stream().boxed().findFirst().orElse(null));
      if (version != null && !version.equals(kept.put(told, version))) {
        meta.put(KEY + told, ByteBuffer.allocate(Long.BYTES).putLong(version).array());
      }
    }
    kept.keySet()
        .removeIf(
            told -> {
              boolean over = !waiting.contains(told);
              if (over) {
                meta.delete(KEY + told);
              }
              return over;
            });
    live = new HashMap<>(deciding);
  }
}
