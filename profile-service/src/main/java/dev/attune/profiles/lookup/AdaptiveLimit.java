package dev.attune.profiles.lookup;

import com.netflix.concurrency.limits.limit.AIMDLimit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many lookups may be under way at once: all that are configured while the store keeps up;
 * fewer by a tenth for each one that it refused or was slow with, one more for each that went well
 * near the limit.
 *
 * <p>By loss and not by a gradient of latencies: an answer from nearby takes microseconds and one
 * from the store a thousand times as long, so that the mix of the two, and not load, would steer.
 */
final class AdaptiveLimit {
  /** Never fewer: what a store that has just come back is tried with. */
  private static final int LEAST = 64;

  /** A store that takes longer than this is not keeping up. */
  private static final long SLOW_MILLIS = 100;

  private final int most;
  private final AIMDLimit limit;
  private final AtomicInteger underWay = new AtomicInteger();

  AdaptiveLimit(int most) {
    this.most = most;
    limit =
        AIMDLimit.newBuilder()
            .minLimit(Math.min(LEAST, most))
            .maxLimit(most)
            .initialLimit(most)
            .timeout(SLOW_MILLIS, TimeUnit.MILLISECONDS)
            .build();
  }

  /** Takes a place, if there is one; whoever got it gives it back with {@link #leave}. */
  boolean enter() {
    if (underWay.incrementAndGet() <= limit.getLimit()) {
      return true;
    }
    underWay.decrementAndGet();
    return false;
  }

  /**
   * @param beganNanos of {@link System#nanoTime}
   * @param refused the store said "send less"
   */
  void leave(long beganNanos, boolean refused) {
    int others = underWay.getAndDecrement();
    long took = System.nanoTime() - beganNanos;
    // Samples are taken under a lock: none while there is nothing to learn.
    if (refused || took > TimeUnit.MILLISECONDS.toNanos(SLOW_MILLIS) || limit.getLimit() < most) {
      limit.onSample(beganNanos, took, others, refused);
    }
  }

  int underWay() {
    return underWay.get();
  }

  int limit() {
    return limit.getLimit();
  }
}
