package dev.attune.profiles.lookup;

import java.time.Duration;

/**
 * How long a caller waits.
 *
 * @param read for the store's answer
 * @param total until the reply has to be on its way, waiting for a token included
 */
record Patience(Duration read, Duration total) {
  /** Longest wait for a token. */
  static final Duration WAIT_MAX = Duration.ofSeconds(10);

  /**
   * @param configured for the store's answer when the caller is in no hurry
   */
  static Patience unhurried(Duration configured) {
    return new Patience(configured, configured.plus(WAIT_MAX));
  }

  /**
   * @param own how long the caller itself waits
   */
  static Patience of(Duration configured, Duration own) {
    return new Patience(own.compareTo(configured) < 0 ? own : configured, own);
  }

  /** How long to wait for a token at most, so that there is time left to read. */
  Duration waiting(Duration wanted) {
    Duration reserve = total.dividedBy(4).compareTo(read) < 0 ? total.dividedBy(4) : read;
    Duration left = total.minus(reserve);
    return wanted.compareTo(left) < 0 ? wanted : left;
  }

  /** What is left for the store's answer after a wait. */
  Duration reading(Duration waited) {
    Duration left = total.minus(waited);
    Duration least = Duration.ofMillis(1);
    if (left.compareTo(least) < 0) {
      return least;
    }
    return left.compareTo(read) < 0 ? left : read;
  }
}
