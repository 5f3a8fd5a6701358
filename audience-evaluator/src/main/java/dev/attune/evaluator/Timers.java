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

  private final KeyValueStore<Bytes, byte[]> store;
  // No entry is earlier: spares looking while nothing can be due.
  private long earliest = 0;

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
      store.put(key(to, profileId), PRESENT);
      earliest = Math.min(earliest, to);
    }
  }

  /** The first entries that are due, earliest first. */
  List<Timer> due(long nowMicros, int max) {
    List<Timer> due = new ArrayList<>();
    if (earliest > nowMicros) {
      return due;
    }
    long next = Long.MAX_VALUE;
    try (var entries = store.all()) {
      while (entries.hasNext()) {
        Timer timer = timer(entries.next().key);
        if (timer.dueMicros() > nowMicros || due.size() == max) {
          next = timer.dueMicros();
          break;
        }
        due.add(timer);
      }
    }
    earliest = due.isEmpty() ? next : due.getFirst().dueMicros();
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
