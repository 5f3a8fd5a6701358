package dev.attune.load.chaos;

import java.time.Duration;

/**
 * How much there is of everything.
 *
 * @param seed of everything that is random but the machine
 * @param kills of one of the two dispatchers
 * @param endpoints each of which is told of everybody
 * @param people profiles that transitions are about
 * @param between longest time from one kill to the next
 */
record ChaosPlan(long seed, int kills, int endpoints, int people, Duration between) {
  /** Of the webhooks. */
  static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final Duration BETWEEN = Duration.ofSeconds(25);

  /** Of ten people one withdraws consent and another is deleted, and there is one of each. */
  private static final int ONE_OF = 10;

  /** As {@code ./attune bench chaos} has it. */
  static ChaosPlan of(long seed, int kills, int endpoints, int people) {
    return new ChaosPlan(seed, kills, endpoints, people, BETWEEN);
  }

  /** Every other endpoint is told of those only who consent. */
  static boolean asksForConsent(int endpoint) {
    return endpoint % 2 == 1;
  }

  /** How many people withdraw, and how many others are deleted. */
  int leaving() {
    return Math.max(1, people / ONE_OF);
  }
}
