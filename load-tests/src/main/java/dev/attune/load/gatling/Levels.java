package dev.attune.load.gatling;

import dev.attune.load.gatling.Outcomes.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Rates one above the other, to find the one at which a server's answers get late. */
final class Levels {
  /** An answer that takes longer is late. */
  static final Duration LATE = Duration.ofMillis(50);

  private static final double FAILED_MAX = 0.001;

  /** Users whom the driver could not send in time would make a level look better than it is. */
  private static final double SENT_LEAST = 0.95;

  private final List<Integer> rates = new ArrayList<>();
  private final Duration length;
  private final Outcomes outcomes;
  private final Map<Integer, Boolean> judged = new ConcurrentHashMap<>();

  /** From the lowest rate on twice as many each, up to the highest. */
  Levels(int lowest, int highest, Duration length, Outcomes outcomes) {
    for (int rate = lowest; rate < highest; rate *= 2) {
      rates.add(rate);
    }
    rates.add(highest);
    this.length = length;
    this.outcomes = outcomes;
  }

  /** In users a second. */
  List<Integer> rates() {
    return rates;
  }

  /** What a level's requests are told under. */
  static String request(int rate) {
    return Requests.GET + ", " + rate + " users/s";
  }

  /**
   * Whether to ask at this level: not above one that did not hold. What is found first stays, so
   * that a level is not stopped in between.
   */
  boolean isWorthAsking(int level) {
    return judged.computeIfAbsent(
        level, _ -> rates.subList(0, level).stream().allMatch(this::holds));
  }

  /** Whether nearly all were sent, few failed, and 99 of 100 were answered before it was late. */
  boolean holds(int rate) {
    Outcome outcome = outcomes.of(request(rate));
    long due = Math.max(1, rate * length.toMillis() / 1_000);
    return outcome.count() >= due * SENT_LEAST
        && outcome.failed() <= outcome.count() * FAILED_MAX
        && outcome.percentile(99) <= LATE.toMillis();
  }

  /** The highest rate that holds with all below it; 0 when none does. */
  int knee() {
    int knee = 0;
    for (int rate : rates) {
      if (!holds(rate)) {
        break;
      }
      knee = rate;
    }
    return knee;
  }
}
