package dev.attune.profiles.lookup;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code attune.lookup}: time from request to reply, by transport and outcome. Worry when {@code
 * unavailable} or {@code overloaded} is more than a passing blip, or when the p99 of {@code found}
 * leaves that of the store behind.
 */
public final class LookupMetrics {
  private final MeterRegistry registry;
  private final LongAdder total = new LongAdder();

  public LookupMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** All lookups so far, on either transport. */
  public long total() {
    return total.sum();
  }

  Recorder of(String transport) {
    return new Recorder(
        timer(transport, "found"),
        timer(transport, "absent"),
        timer(transport, "invalid"),
        timer(transport, "unavailable"),
        timer(transport, "overloaded"),
        timer(transport, "corrupt"));
  }

  private Timer timer(String transport, String outcome) {
    return Timer.builder("attune.lookup")
        .description("Time from request to reply")
        .tag("transport", transport)
        .tag("outcome", outcome)
        .serviceLevelObjectives(
            Duration.ofNanos(250_000),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(200))
        .register(registry);
  }

  /** The timers of one transport. */
  final class Recorder {
    private final Timer found;
    private final Timer absent;
    private final Timer invalid;
    private final Timer unavailable;
    private final Timer overloaded;
    private final Timer corrupt;

    Recorder(
        Timer found,
        Timer absent,
        Timer invalid,
        Timer unavailable,
        Timer overloaded,
        Timer corrupt) {
      this.found = found;
      this.absent = absent;
      this.invalid = invalid;
      this.unavailable = unavailable;
      this.overloaded = overloaded;
      this.corrupt = corrupt;
    }

    /**
     * @param beganNanos of {@link System#nanoTime}
     */
    void record(Outcome outcome, long beganNanos) {
      Timer timer =
          switch (outcome) {
            case Outcome.Found _ -> found;
            case Outcome.Absent _ -> absent;
            case Outcome.Invalid _ -> invalid;
            case Outcome.Unavailable _ -> unavailable;
            case Outcome.Overloaded _ -> overloaded;
            case Outcome.Corrupt _ -> corrupt;
          };
      timer.record(Duration.ofNanos(System.nanoTime() - beganNanos));
      total.increment();
    }
  }
}
