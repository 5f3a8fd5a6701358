package dev.attune.load.pipeline;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class PipelineFigures extends Figures<PipelineFigures.Name> {
  /** As they were agreed on, word for word, in their order. */
  enum Name implements Figures.Name {
    UP("`up` until ready, s", "s", Bound.atMost(15)),
    MEMORY("resident memory of the standalone with its Redis, MB", "MB", Bound.atMost(1_500)),
    VISIBLE(
        "event accepted -> visible in a lookup, p99 at 500 events/s for 60 s, ms",
        "ms",
        Bound.atMost(150)),
    AUDIENCE("event accepted -> audience visible in a lookup, p99, ms", "ms", Bound.atMost(500)),
    WEBHOOK("event accepted -> webhook received, p99, ms", "ms", Bound.atMost(500)),
    LOST("events lost, end to end", "events", Bound.atMost(0)),
    CDNOW("CDNOW through the whole pipeline, events/s", "events/s", Bound.atLeast(2_000));

    private final String text;
    private final String unit;
    private final Bound bound;

    Name(String text, String unit, Bound bound) {
      this.text = text;
      this.unit = unit;
      this.bound = bound;
    }

    @Override
    public Goal goal() {
      return new Goal(text, unit, bound);
    }

    double limit() {
      return bound.limit();
    }
  }

  private final Plan plan;
  private final boolean asAgreed;

  /**
   * @param asAgreed whether the plan is the load that the bounds speak of
   */
  PipelineFigures(Plan plan, boolean asAgreed) {
    super(Name.class);
    this.plan = plan;
    this.asAgreed = asAgreed;
  }

  /** A 99th percentile in milliseconds under the plan's load. */
  void latency(Name name, Latencies latencies, String note) {
    if (latencies.count() == 0) {
      notMeasured(name, "no sample");
      return;
    }
    String load =
        latencies
            + "; "
            + plan.rate()
            + " events/s for "
            + plan.seconds()
            + " s after "
            + plan.warmUpSeconds()
            + " s of warm-up; "
            + note;
    if (asAgreed) {
      measured(name, latencies.percentile(99), latencies.count(), load);
    } else {
      notMeasured(name, "another load than the bound speaks of: " + load);
    }
  }
}
