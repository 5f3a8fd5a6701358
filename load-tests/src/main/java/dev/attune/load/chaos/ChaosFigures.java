package dev.attune.load.chaos;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class ChaosFigures extends Figures<ChaosFigures.Name> {
  /** In their order. */
  enum Name implements Figures.Name {
    KILLS("kills of a dispatcher at random moments", "kills", Bound.atLeast(20)),
    MOVES("partitions that went over to the other dispatcher", "partitions", Bound.atLeast(1)),
    ANSWERS("kinds of answers given", "kinds", Bound.atLeast(Answer.values().length)),
    LOST("messages that were never taken", "messages", Bound.atMost(0)),
    DISORDERED(
        "messages that came before the one before them was taken", "messages", Bound.atMost(0)),
    CHANGED("attempts with another id or other bytes", "attempts", Bound.atMost(0)),
    FORGED("attempts that do not verify", "attempts", Bound.atMost(0)),
    FORBIDDEN(
        "attempts about people who had withdrawn or been deleted", "attempts", Bound.atMost(0)),
    WITHHELD("messages that were withheld for them", "messages", Bound.atLeast(1)),
    REPEATED("attempts of what had been taken", "attempts", Bound.none());

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

  ChaosFigures() {
    super(Name.class);
  }
}
