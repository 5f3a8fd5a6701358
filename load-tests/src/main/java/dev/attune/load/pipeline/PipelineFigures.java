package dev.attune.load.pipeline;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class PipelineFigures {
  /** As they were agreed on, word for word, in their order. */
  enum Name {
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

    double limit() {
      return bound.limit();
    }
  }

  private final Map<Name, Figure> measured = new EnumMap<>(Name.class);
  private final Plan plan;
  private final boolean asAgreed;
  private String ended = "the run ended before it";

  /**
   * @param asAgreed whether the plan is the load that the bounds speak of
   */
  PipelineFigures(Plan plan, boolean asAgreed) {
    this.plan = plan;
    this.asAgreed = asAgreed;
  }

  void measured(Name name, double value, long samples, String note) {
    measured.put(name, Figure.of(name.text, value, name.unit, name.bound, samples, note));
  }

  void notMeasured(Name name, String why) {
    measured.put(name, Figure.notMeasured(name.text, name.unit, name.bound, why));
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

  /** Why figures that are still open will not be measured. */
  void ended(String why) {
    ended = why;
  }

  List<Figure> list() {
    List<Figure> list = new ArrayList<>();
    for (Name name : Name.values()) {
      if (!measured.containsKey(name)) {
        notMeasured(name, ended);
      }
      list.add(measured.get(name));
    }
    return list;
  }
}
