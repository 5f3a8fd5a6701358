package dev.attune.core.audience;

import java.util.Arrays;

/**
 * When something holds, as the instants at which that turns, each later than the one before: from
 * the first on until the second, from the third on, and so forth. All in microseconds; {@link
 * Long#MIN_VALUE} has always been, and {@link Long#MAX_VALUE} never comes.
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
    return after(turns, at) % 2 == 1;
  }

  /** The first turn after an instant; {@link Long#MAX_VALUE} when there is none. */
  static long next(long[] turns, long at) {
    int next = after(turns, at);
    return next == turns.length ? Long.MAX_VALUE : turns[next];
  }

  // How many of them are not after an instant.
  private static int after(long[] turns, long at) {
    int found = Arrays.binarySearch(turns, at);
    return found < 0 ? -found - 1 : found + 1;
  }
}
