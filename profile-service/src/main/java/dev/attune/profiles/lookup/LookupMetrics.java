package dev.attune.profiles.lookup;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code attune.lookup}: time from request to reply, by transport and outcome. Worry when {@code
 * unavailable} or {@code overloaded} is more than a passing blip, or when the p99 of {@code found}
 * leaves that of the store behind. {@code attune.lookup.batch}: the same of whole batches, by
 * transport; compare with 500 times a lookup.
 */
public final class LookupMetrics {
  private final MeterRegistry registry;
  private final LongAdder total = new LongAdder();

  public LookupMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** All lookups so far, on either transport, those in batches too. */
  public long total() {
    return total.sum();
  }

  Recorder of(String transport) {
    return new Recorder(transport);
  }

  private Timer.Builder timer(String name, String transport) {
    return Timer.builder(name)
        .description("Time from request to reply")
        .tag("transport", transport)
        .serviceLevelObjectives(
            Duration.ofNanos(250_000),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(200));
  }

  /** The timers of one transport. */
  final class Recorder {
    private final Timer found;
    private final Timer notModified;
    private final Map<Reason, Timer> failed = new EnumMap<>(Reason.class);
    private final Timer batch;

    Recorder(String transport) {
      found = timer("attune.lookup", transport).tag("outcome", "found").register(registry);
      notModified =
          timer("attune.lookup", transport).tag("outcome", "not_modified").register(registry);
      for (Reason reason : Reason.values()) {
        failed.put(
            reason,
            timer("attune.lookup", transport).tag("outcome", reason.outcome()).register(registry));
      }
      batch = timer("attune.lookup.batch", transport).register(registry);
    }

    /**
     * @param beganNanos of {@link System#nanoTime}
     */
    void record(Outcome outcome, long beganNanos) {
      Timer timer =
          switch (outcome) {
            case Outcome.Found f -> f.answer().notModified() ? notModified : found;
            case Outcome.Failed f -> failed.getOrDefault(f.reason(), found);
          };
      timer.record(Duration.ofNanos(System.nanoTime() - beganNanos));
      total.increment();
    }

    /**
     * @param beganNanos of {@link System#nanoTime}
     */
    void record(List<Outcome> outcomes, long beganNanos) {
      batch.record(Duration.ofNanos(System.nanoTime() - beganNanos));
      total.add(outcomes.size());
    }
  }
}
