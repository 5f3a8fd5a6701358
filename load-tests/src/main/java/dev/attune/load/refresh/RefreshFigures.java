package dev.attune.load.refresh;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class RefreshFigures extends Figures<RefreshFigures.Name> {
  /** As they were agreed on, word for word, in their order. */
  enum Name implements Figures.Name {
    FIRST_LOAD(
        "first load, rows/s (1 million rows of 20 traits, changes to Kafka included) /"
            + " redis-benchmark SET at pipeline 64",
        "ratio",
        Bound.atLeast(0.15)),
    CHANGED("refresh with 1 % changed / first load, time", "ratio", Bound.atMost(0.15)),
    DIFF("diff of 10 million rows, peak memory, GB", "GB", Bound.atMost(2)),
    EVENTS(
        "events/s through collector -> store -> change, one process",
        "events/s",
        Bound.atLeast(8_000)),
    VISIBLE(
        "event accepted -> visible in a lookup at half of that, p99, ms", "ms", Bound.atMost(200)),
    BESIDE("live event latency p99 during a first load / without it", "ratio", Bound.atMost(3)),
    BATCHES(
        "collector alone, 1 KB events in batches of 20, events/s",
        "events/s",
        Bound.atLeast(30_000)),
    SINGLES(
        "collector alone, one 1 KB event per request, requests/s, none lost",
        "requests/s",
        Bound.atLeast(10_000));

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
  }

  private final boolean asAgreed;

  /**
   * @param asAgreed whether the run is the size that the bounds speak of
   */
  RefreshFigures(boolean asAgreed) {
    super(Name.class);
    this.asAgreed = asAgreed;
  }

  @Override
  public void measured(Name name, double value, long samples, String note) {
    if (asAgreed) {
      super.measured(name, value, samples, note);
    } else {
      notMeasured(
          name,
          "a smaller run than the bound speaks of; it would be %.3g over %d; %s"
              .formatted(value, samples, note));
    }
  }
}
