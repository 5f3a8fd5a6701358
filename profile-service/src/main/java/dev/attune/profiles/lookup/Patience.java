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

  /** Kept back of a caller's own time, so that the reply still reaches it: this, or a twentieth. */
  private static final Duration REPLY = Duration.ofMillis(5);

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
    Duration usable = usable(own);
    return new Patience(shorter(usable, configured), usable);
  }

  // Of next to nothing there is nothing to keep back.
  private static Duration usable(Duration own) {
    Duration twentieth = own.dividedBy(20);
    Duration reply = twentieth.compareTo(REPLY) > 0 ? twentieth : REPLY;
    Duration usable = own.compareTo(reply.multipliedBy(2)) > 0 ? own.minus(reply) : own;
    return usable.isPositive() ? usable : Duration.ofNanos(1);
  }

  /** How long to wait for a token at most, so that there is time left to read. */
  Duration waiting(Duration wanted) {
    return shorter(wanted, total.minus(shorter(total.dividedBy(4), read)));
  }

  /** What is left for the store's answer after a wait. */
  Duration reading(Duration waited) {
    Duration left = total.minus(waited);
    Duration least = Duration.ofMillis(1);
    return left.compareTo(least) < 0 ? least : shorter(left, read);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
