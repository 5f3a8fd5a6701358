package dev.attune.store.near;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What a change that was told demands of answers which are still on their way from the store: a
 * profile not below its version, a mapping asked for after it. Without them an answer from before
 * the change could be kept after it.
 *
 * <p>Bounded in number and time. When one is let go, every question that was put before it is under
 * suspicion: its answer is not admitted either, so that nothing slips through.
 */
final class Floors {
  private record Floor(long version, long turn) {
    Floor raised(Floor other) {
      return new Floor(Math.max(version, other.version), Math.max(turn, other.turn));
    }
  }

  private record Raised(Object key, long turn, long nanos) {}

  private final int floorsMax;
  private final long keepNanos;
  private final ConcurrentMap<Object, Floor> floors = new ConcurrentHashMap<>();
  private final Queue<Raised> order = new ArrayDeque<>();

  /** The turn of the youngest floor that was let go. */
  private volatile long forgotten;

  Floors(int floorsMax, long keepNanos) {
    this.floorsMax = floorsMax;
    this.keepNanos = keepNanos;
  }

  /**
   * Raises the floor under a key.
   *
   * @param version 0 for a mapping, which has none
   * @param turn of the change
   */
  synchronized void raise(Object key, long version, long turn, long nanos) {
    floors.merge(key, new Floor(version, turn), Floor::raised);
    order.add(new Raised(key, turn, nanos));
    for (Raised oldest = order.peek();
        oldest != null && (order.size() > floorsMax || nanos - oldest.nanos() > keepNanos);
        oldest = order.peek()) {
      order.remove();
      Floor floor = floors.get(oldest.key());
      if (floor != null && floor.turn() == oldest.turn()) {
        // First, so that whoever finds no floor any more finds this.
        forgotten = Math.max(forgotten, floor.turn());
        floors.remove(oldest.key());
      }
    }
  }

  /** Whether a profile of this version may be kept. */
  boolean admits(Object key, long version, Asked asked) {
    Floor floor = floors.get(key);
    return (floor == null || version >= floor.version()) && asked.turn() > forgotten;
  }

  /** Whether an answer without a version may be kept. */
  boolean admits(Object key, Asked asked) {
    Floor floor = floors.get(key);
    return (floor == null || asked.turn() > floor.turn()) && asked.turn() > forgotten;
  }

  int size() {
    return floors.size();
  }
}
