package dev.attune.profiles.lookup;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * How many lookups may wait for the store at once. It starts small, grows with demand while the
 * store answers within {@link #AIM}, and falls by a fifth when it takes longer or refuses: no more
 * is let in than is answered while the answer is still of use.
 *
 * <p>Additive increase, multiplicative decrease, once a round as in TCP: what began before the last
 * decrease says nothing new, or one stall would cost a fifth for each lookup that was in it.
 * Answers from nearby are not counted; they would drown what is to be learnt about the store.
 */
final class AdaptiveLimit {
  /** Never fewer: what a store that refuses is tried with. */
  static final int LEAST = 64;

  /**
   * To begin with, and never fewer because answers are late: those who are refused ask again, on
   * the very threads that the answers come on, and a limit that falls because they are busy with
   * refusing would fall for ever.
   */
  static final int START = 256;

  /**
   * For the store's answer. Half of what is still of use to a caller, since a lookup under overload
   * also waits before and after it: for its connection to be read, and to be written.
   */
  static final Duration AIM = Duration.ofMillis(50);

  private static final double DECREASE = 0.8;

  /** What a lookup that went well adds once it is known where the store's bound lies. */
  private static final double INCREASE = 0.125;

  private final int most;
  private final int least;
  private final LongSupplier ticker;
  private final AtomicInteger underWay = new AtomicInteger();
  private volatile int limit;

  // Guarded by this:
  private double exact;
  private double increase = 1;
  private long loweredNanos;

  /**
   * @param most never more
   * @param ticker nanoseconds that only grow
   */
  AdaptiveLimit(int most, LongSupplier ticker) {
    this.most = most;
    this.least = Math.min(LEAST, most);
    this.ticker = ticker;
    limit = Math.min(START, most);
    exact = limit;
    loweredNanos = ticker.getAsLong();
  }

  /**
   * Takes places for some lookups that belong together, all or none; whoever got them gives them
   * back with {@link #leave}. Where one has room all have: a batch larger than the limit would
   * never get in otherwise.
   */
  boolean enter(int places) {
    while (true) {
      int now = underWay.get();
      if (now >= limit) {
        return false;
      }
      if (underWay.compareAndSet(now, now + places)) {
        return true;
      }
    }
  }

  /** What the store had to say. */
  enum Told {
    /** It answered. */
    ANSWERED,
    /** Send less. */
    REFUSED,
    /** It did not answer: nothing about how much it bears. */
    FAILED
  }

  /**
   * @param beganNanos by the ticker, when they entered
   */
  void leave(int places, long beganNanos, Told told) {
    int together = underWay.getAndAdd(-places);
    if (told == Told.REFUSED) {
      lower(beganNanos, least);
    } else if (ticker.getAsLong() - beganNanos > AIM.toNanos()) {
      lower(beganNanos, Math.min(START, most));
    } else if (told == Told.ANSWERED && limit < most && 2 * together >= limit) {
      raise(places);
    }
  }

  private synchronized void lower(long beganNanos, int floor) {
    if (beganNanos - loweredNanos < 0 || exact <= floor) {
      return;
    }
    loweredNanos = ticker.getAsLong();
    increase = INCREASE;
    set(Math.max(floor, exact * DECREASE));
  }

  private synchronized void raise(int places) {
    set(exact + places * increase);
  }

  private void set(double wanted) {
    exact = Math.clamp(wanted, least, most);
    limit = (int) exact;
  }

  int underWay() {
    return underWay.get();
  }

  int limit() {
    return limit;
  }
}
