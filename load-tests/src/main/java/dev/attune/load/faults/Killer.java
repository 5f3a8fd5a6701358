package dev.attune.load.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Kills the system once for each moment that it is told. */
final class Killer {
  private static final int ATTEMPTS_MAX = 8;
  private static final int EVENTS_MAX = 400;
  private static final Duration EVENTS_WAIT_MAX = Duration.ofMinutes(1);

  /** After a state was seen; as long as the shorter states last, or a chunk. */
  private static final Duration IN_READING = Duration.ofMillis(60);

  private static final Duration IN_DIFFING = Duration.ofMillis(30);
  private static final Duration IN_WRITING = Duration.ofMillis(150);

  /** Of a run's rows; its last chunk is not seen for long. */
  private static final double SHARE_MAX = 0.9;

  /** Short of most starts, and of most ends. */
  private static final Duration START_MIN = Duration.ofMillis(300);

  private static final Duration START_MAX = Duration.ofSeconds(6);
  private static final Duration STOP_MAX = Duration.ofMillis(1_500);

  private final Victim victim;
  private final Runs runs;
  private final Random random;
  private final Map<Moment, Integer> kills = new EnumMap<>(Moment.class);

  Killer(Victim victim, Runs runs, Random random) {
    this.victim = victim;
    this.runs = runs;
    this.random = random;
  }

  /** Kills so far. */
  Map<Moment, Integer> kills() {
    return Collections.unmodifiableMap(kills);
  }

  /**
   * Kills it; it is down when this returns.
   *
   * @param acknowledged how many live events were taken so far
   */
  void kill(Moment moment, LongSupplier acknowledged) throws IOException, InterruptedException {
    if (moment != Moment.START) {
      victim.start();
    }
    switch (moment) {
      case LOAD -> inRun(false, "reading", IN_READING);
      case COMPARE -> inRun(false, "diffing", IN_DIFFING);
      case WRITE -> inRun(false, "writing", IN_WRITING);
      case BACKFILL -> inRun(true, "writing", IN_WRITING);
      case STREAM -> {
        perhapsBegin();
        awaitEvents(acknowledged);
        victim.kill();
      }
      case START -> {
        victim.stop();
        victim.killWhileStarting(START_MIN.plus(below(START_MAX.minus(START_MIN))));
      }
      case STOP -> stopping();
    }
    kills.merge(moment, 1, Integer::sum);
  }

  private void inRun(boolean events, String state, Duration within)
      throws IOException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (runs.isActive() && runs.isOfEvents() != events) {
        runs.finish();
      }
      if (!runs.isActive()) {
        runs.begin(events);
      }
      double share = state.equals("writing") ? random.nextDouble(SHARE_MAX) : 0;
      if (runs.awaitState(state, share)) {
        TimeUnit.NANOSECONDS.sleep(below(within).toNanos());
        victim.kill();
        return;
      }
      // It was beyond it before that was seen, or was gone on with beyond it.
      runs.finish();
    }
    throw new IllegalStateException(
        "no run was seen " + state + " in " + ATTEMPTS_MAX + " attempts");
  }

  // Events come beside a run as often as alone.
  private void perhapsBegin() throws IOException, InterruptedException {
    if (!runs.isActive() && random.nextBoolean()) {
      runs.begin(random.nextBoolean());
    }
  }

  private void awaitEvents(LongSupplier acknowledged) throws InterruptedException {
    // None at all, too: a kill may fall into the work that the last one left.
    long wanted = acknowledged.getAsLong() + random.nextInt(EVENTS_MAX);
    long deadline = System.nanoTime() + EVENTS_WAIT_MAX.toNanos();
    while (acknowledged.getAsLong() < wanted) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the collector does not go on (waited " + EVENTS_WAIT_MAX.toSeconds() + " s)");
      }
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private void stopping() throws IOException, InterruptedException {
    Duration most = STOP_MAX;
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      victim.start();
      perhapsBegin();
      if (victim.killWhileStopping(below(most))) {
        return;
      }
      // It had ended by then.
      most = most.dividedBy(2);
    }
    throw new IllegalStateException("it always ended before it could be killed");
  }

  private Duration below(Duration most) {
    return Duration.ofNanos(random.nextLong(most.toNanos()));
  }
}
