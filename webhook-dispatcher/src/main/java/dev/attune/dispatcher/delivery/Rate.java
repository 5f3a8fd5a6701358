package dev.attune.dispatcher.delivery;

/**
 * Spaces attempts evenly: the generic cell rate algorithm, with a tenth of a second's worth at
 * once, so that ticks lose nothing. Times in microseconds. For one thread at a time.
 */
final class Rate {
  private static final long SECOND = 1_000_000;

  // When the next one would be due if all came evenly.
  private long next;

  /** When an attempt may begin: now or earlier, or later. */
  long from(int perSecond) {
    return next - Math.max(0, SECOND / 10 - SECOND / perSecond);
  }

  /** An attempt begins. */
  void begun(int perSecond, long now) {
    next = Math.max(next, now) + SECOND / perSecond;
  }

  /** Whether it is as if nothing had ever begun. */
  boolean isFresh(long now) {
    return next <= now;
  }
}
