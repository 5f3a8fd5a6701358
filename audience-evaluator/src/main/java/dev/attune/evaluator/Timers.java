package dev.attune.evaluator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** Profiles by the time at which they are to be asked again. At most one entry per profile. */
final class Timers {
  private static final byte[] PRESENT = {1};
  private static final Bytes NONE = key(Long.MAX_VALUE, "");

  private final KeyValueStore<Bytes, byte[]> store;
  // No entry has a smaller key. It spares looking while nothing can be due, and passing again and
  // again what was taken away in a wave, which the store has to step over.
  private Bytes least = key(0, "");

  Timers(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  /** Moves a profile's entry; 0 = none. */
  void move(String profileId, long from, long to) {
    if (from == to) {
      return;
    }
    if (from != 0) {
      store.delete(key(from, profileId));
    }
    if (to != 0) {
      Bytes key = key(to, profileId);
      store.put(key, PRESENT);
      if (key.compareTo(least) < 0) {
        least = key;
      }
    }
  }

  /** The first entries that are due, earliest first. */
  List<Timer> due(long nowMicros, int max) {
    List<Timer> due = new ArrayList<>();
    if (timer(least).dueMicros() > nowMicros) {
      return due;
    }
    Bytes first = NONE;
    try (var entries = store.range(least, null)) {
      while (entries.hasNext()) {
        Bytes key = entries.next().key;
        Timer timer = timer(key);
        if (due.isEmpty()) {
          first = key;
        }
        if (timer.dueMicros() > nowMicros || due.size() == max) {
          break;
        }
        due.add(timer);
      }
    }
    least = first;
    return due;
  }

  // Times are positive, so that the order of the bytes is the order of the times.
  private static Bytes key(long due, String profileId) {
    byte[] id = profileId.getBytes(StandardCharsets.UTF_8);
    return Bytes.wrap(ByteBuffer.allocate(8 + id.length).putLong(due).put(id).array());
  }

  private static Timer timer(Bytes key) {
    ByteBuffer bytes = ByteBuffer.wrap(key.get());
    long due = bytes.getLong();
    return new Timer(due, StandardCharsets.UTF_8.decode(bytes).toString());
  }

  /** An entry. */
  record Timer(long dueMicros, String profileId) {}
}
