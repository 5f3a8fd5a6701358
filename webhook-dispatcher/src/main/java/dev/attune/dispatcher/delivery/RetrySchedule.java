package dev.attune.dispatcher.delivery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * When a delivery is tried again. The first attempt is made at once; the delivery is given up when
 * the attempt after the last delay fails.
 *
 * @param delays after the first, second, ... failed attempt
 * @param jitter part of a delay by which it is lengthened or shortened at random, 0 to 1, so that
 *     what failed together does not come back together
 */
public record RetrySchedule(List<Duration> delays, double jitter) {
  /**
   * 5 s, 30 s, 2 min, 15 min, 1 h, 6 h, then every 24 h: the last attempt is made within 5 days.
   */
  public static final RetrySchedule DEFAULT = new RetrySchedule(defaultDelays(), 0.1);

  public RetrySchedule {
    delays = List.copyOf(delays);
    for (Duration delay : delays) {
      if (delay.isNegative() || delay.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException("delays: " + delay + " (allowed: 0 to 24 h)");
      }
    }
    if (delays.size() > 100) {
      throw new IllegalArgumentException("delays: " + delays.size() + " (allowed: at most 100)");
    }
    if (!(jitter >= 0 && jitter < 1)) {
      throw new IllegalArgumentException("jitter: " + jitter + " (allowed: 0 up to 1)");
    }
  }

  /**
   * How long to wait after a failed attempt; empty when it was the last.
   *
   * @param attempts that have ended, at least 1
   * @param random from 0 up to 1
   */
  Optional<Duration> delayAfter(int attempts, double random) {
    if (attempts > delays.size()) {
      return Optional.empty();
    }
    double factor = 1 + jitter * (2 * random - 1);
    return Optional.of(Duration.ofNanos((long) (delays.get(attempts - 1).toNanos() * factor)));
  }

  private static List<Duration> defaultDelays() {
    List<Duration> delays =
        new ArrayList<>(
            List.of(
                Duration.ofSeconds(5),
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                Duration.ofMinutes(15),
                Duration.ofHours(1),
                Duration.ofHours(6)));
    delays.addAll(Collections.nCopies(4, Duration.ofDays(1)));
    return delays;
  }
}
