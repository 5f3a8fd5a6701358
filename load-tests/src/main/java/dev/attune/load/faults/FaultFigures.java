package dev.attune.load.faults;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class FaultFigures extends Figures<FaultFigures.Name> {
  /** In their order. */
  enum Name implements Figures.Name {
    KILLS("kills at random points over batch and stream", "kills", Bound.atLeast(50)),
    DIFFERENT(
        "identifiers whose profile is not what all inputs at once give",
        "identifiers",
        Bound.atMost(0)),
    LOST("acknowledged events without effect", "events", Bound.atMost(0)),
    WEBHOOKS("webhooks lost, changed or not genuine", "webhooks", Bound.atMost(0)),
    RUNS("runs not done, tables not as applied last", "runs", Bound.atMost(0)),
    AHEAD("rows and past events that a run skipped after a kill", "rows", Bound.atMost(0)),
    AGAIN("rows and past events done again beyond one chunk a kill", "rows", Bound.atMost(0)),
    READY("a start after a kill until ready, median, s", "s", Bound.atMost(15)),
    READY_MAX("a start after a kill until ready, longest, s", "s", Bound.atMost(30));

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

  FaultFigures() {
    super(Name.class);
  }
}
