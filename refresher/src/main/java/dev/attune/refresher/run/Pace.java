package dev.attune.refresher.run;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How fast a run writes, and how long it will.
 *
 * @param rowsPerSecond since it began to write, or went on with it
 */
record Pace(long rowsPerSecond, long secondsLeft) {
  /**
   * @param since when it began to write
   * @param before rows that were written by then
   * @return empty before anything can be said
   */
  static Optional<Pace> of(Instant since, long before, Run.Figures figures, Instant now) {
    long rows = figures.written() - before;
    long millis = Duration.between(since, now).toMillis();
    if (rows <= 0 || millis <= 0) {
      return Optional.empty();
    }
    double perSecond = rows * 1_000.0 / millis;
    return Optional.of(
        new Pace(
            Math.round(perSecond),
            Math.round(Math.ceil((figures.total() - figures.written()) / perSecond))));
  }
}
