package dev.attune.evaluator;

import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * How many profiles of one partition belong to each audience, and how many entered and left it.
 * They are kept with the states, in the same transactions as the transitions that they count. One
 * thread writes; any may read.
 */
final class Sizes {
  private static final String PREFIX = "size/";
  // There since the first state was: without it, some members were never counted.
  private static final String COMPLETE = "sized";

  /**
   * Of one audience.
   *
   * @param entered since this is counted; a merge takes one out and brings another one in
   * @param exited the same
   */
  record Size(long members, long entered, long exited) {
    static final Size NONE = new Size(0, 0, 0);

    Size plus(Size other) {
      return new Size(members + other.members, entered + other.entered, exited + other.exited);
    }
  }

  private static final Size SEEDED = new Size(1, 0, 0);
  private static final Size ENTERED = new Size(1, 1, 0);
  private static final Size EXITED = new Size(-1, 0, 1);

  private final KeyValueStore<String, byte[]> meta;
  private final Map<String, Size> sizes = new ConcurrentHashMap<>();
  private final boolean complete;
  private boolean marked;

  /**
   * @param meta of the partition
   * @param first whether no state has been kept so far
   */
  Sizes(KeyValueStore<String, byte[]> meta, boolean first) {
    this.meta = meta;
    this.marked = meta.get(COMPLETE) != null;
    this.complete = marked || first;
    try (var entries = meta.all()) {
      entries.forEachRemaining(
          entry -> {
            if (entry.key.startsWith(PREFIX)) {
              sizes.put(entry.key.substring(PREFIX.length()), read(entry.value));
            }
          });
    }
  }

  /** Counts what one step told, or knew to have been told. */
  void count(List<Transition> told, List<String> seeded) {
    if (complete && !marked) {
      meta.put(COMPLETE, new byte[] {1});
      marked = true;
    }
    seeded.forEach(audience -> add(audience, SEEDED));
    for (Transition transition : told) {
      if (transition.getReason() != Reason.REASSERTED) {
        add(transition.getAudience(), transition.getEntered() ? ENTERED : EXITED);
      }
    }
  }

  private void add(String audience, Size more) {
    Size now = sizes.merge(audience, more, Size::plus);
    meta.put(
        PREFIX + audience,
        ByteBuffer.allocate(3 * Long.BYTES)
            .putLong(now.members)
            .putLong(now.entered)
            .putLong(now.exited)
            .array());
  }

  private static Size read(byte[] stored) {
    ByteBuffer bytes = ByteBuffer.wrap(stored);
    return new Size(bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  Size of(String audience) {
    return sizes.getOrDefault(audience, Size.NONE);
  }

  /** Whether every member was counted. */
  boolean isComplete() {
    return complete;
  }
}
