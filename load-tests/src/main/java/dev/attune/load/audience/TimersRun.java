package dev.attune.load.audience;

import dev.attune.load.audience.AudienceFigures.Name;
import dev.attune.standalone.terminal.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Lets very many memberships end by time alone: first evenly, then all in one instant beside live
 * events.
 */
final class TimersRun {
  private static final long HOUR_MICROS = 3_600_000_000L;

  // Far from those who look at things.
  private static final int EVENLY_FIRST = 1_000_000_000;
  private static final int WAVE_FIRST = 1_500_000_000;

  // Of the rate at which events came that make more of two transitions each.
  private static final double SEEN_SHARE = 0.6;

  private static final Duration SPARE = Duration.ofSeconds(15);
  private static final Duration SETTLE = Duration.ofSeconds(10);
  private static final Duration EVENLY = Duration.ofSeconds(60);
  private static final Duration LIVE_WARM_UP = Duration.ofSeconds(10);
  private static final Duration LIVE = Duration.ofSeconds(20);
  private static final Duration WAVE_MAX = Duration.ofMinutes(30);
  private static final double P99 = 99;

  private final EvaluatorRun run;
  private final int people;
  private final double seenRate;
  private final int rate;
  private final AudienceFigures figures;

  /**
   * @param people of each kind
   * @param seenRate how many events a second it took
   * @param rate of live events a second
   */
  TimersRun(EvaluatorRun run, int people, double seenRate, int rate, AudienceFigures figures) {
    this.run = run;
    this.people = people;
    this.seenRate = seenRate * SEEN_SHARE;
    this.rate = rate;
    this.figures = figures;
  }

  void run(Progress progress) throws InterruptedException {
    evenly();
    progress.at(1, "all at once");
    wave();
  }

  private static long now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private static long micros(Duration duration) {
    return duration.toMillis() * 1_000;
  }

  // When all have entered, with time to spare.
  private long begin() {
    return now() + (long) (1e6 * people / seenRate) + micros(SPARE);
  }

  private static void sleepUntil(long micros) {
    for (long left = micros - now(); left > 0; left = micros - now()) {
      LockSupport.parkNanos(left * 1_000);
    }
  }

  private void evenly() throws InterruptedException {
    long begin = begin();
    long[] due = new long[people];
    for (int i = 0; i < people; i++) {
      due[i] = begin + (long) ((double) i / people * HOUR_MICROS);
    }
    var seen = new SeenPeople(EVENLY_FIRST, due);
    long from = begin + micros(SETTLE);
    long to = from + micros(EVENLY);
    seen.measure(from, to);
    run.seen(seen);
    if (now() > begin) {
      figures.notMeasured(Name.EXITS, "the first timers fell due before all people had entered");
      return;
    }
    sleepUntil(to + micros(SETTLE));
    Histogram late = seen.lateness();
    if (seen.wrong() > 0) {
      figures.notMeasured(
          Name.EXITS, "%d exits were told twice or too early".formatted(seen.wrong()));
      return;
    }
    figures.measured(
        Name.EXITS,
        late.getValueAtPercentile(P99) / 1_000.0,
        late.getTotalCount(),
        "%d of %d timers, those of %d s, until each exit can be read: p50 %.0f, p90 %.0f, max %.0f ms; none twice, none early"
            .formatted(
                late.getTotalCount(),
                people,
                EVENLY.toSeconds(),
                late.getValueAtPercentile(50) / 1_000.0,
                late.getValueAtPercentile(90) / 1_000.0,
                late.getMaxValue() / 1_000.0));
  }

  private void wave() throws InterruptedException {
    long at = begin() + micros(LIVE_WARM_UP.plus(LIVE).plus(LIVE_WARM_UP));
    long[] due = new long[people];
    Arrays.fill(due, at);
    var seen = new SeenPeople(WAVE_FIRST, due);
    run.seen(seen);
    Histogram without = run.atRate(rate, LIVE_WARM_UP, LIVE);
    if (now() > at - micros(LIVE_WARM_UP)) {
      figures.notMeasured(Name.WAVE, "the timers fell due before live events came alone");
      return;
    }
    sleepUntil(at - micros(LIVE_WARM_UP));
    Histogram with = run.atRate(rate, LIVE_WARM_UP, LIVE);
    int during = seen.exited();
    seen.awaitExited(WAVE_MAX);
    double took = (now() - at) / 1e6;
    if (seen.wrong() > 0) {
      figures.notMeasured(
          Name.WAVE, "%d exits were told twice or too early".formatted(seen.wrong()));
      return;
    }
    figures.measured(
        Name.WAVE,
        with.getValueAtPercentile(P99) / (double) without.getValueAtPercentile(P99),
        with.getTotalCount(),
        "%d live events/s: p99 %.0f and %.0f ms, p50 %.0f and %.0f; %d of %d left in the meantime, all after %.0f s; none twice, none early"
            .formatted(
                rate,
                with.getValueAtPercentile(P99) / 1_000.0,
                without.getValueAtPercentile(P99) / 1_000.0,
                with.getValueAtPercentile(50) / 1_000.0,
                without.getValueAtPercentile(50) / 1_000.0,
                during,
                people,
                took));
  }
}
