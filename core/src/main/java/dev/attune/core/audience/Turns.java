package dev.attune.core.audience;

/**
 * When something holds, as the instants at which that turns, in order: from the first on until the
 * second, from the third on, and so forth. All in microseconds; {@link Long#MIN_VALUE} has always
 * been, and {@link Long#MAX_VALUE} never comes.
 */
final class Turns {
  /** It never holds. */
  static final long[] NEVER = {};

  private Turns() {}

  /** It holds from one instant on until another. */
  static long[] between(long from, long until) {
    return from < until ? new long[] {from, until} : NEVER;
  }

  /** Whether it holds at an instant. */
  static boolean holds(long[] turns, long at) {
    boolean holds = false;
    for (long turn : turns) {
      if (turn > at) {
        break;
      }
      holds = !holds;
    }
    return holds;
  }

  /** The first turn after an instant; {@link Long#MAX_VALUE} when there is none. */
  static long next(long[] turns, long at) {
    for (long turn : turns) {
      if (turn > at) {
        return turn;
      }
    }
    return Long.MAX_VALUE;
  }
}
