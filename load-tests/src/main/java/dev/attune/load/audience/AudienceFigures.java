package dev.attune.load.audience;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class AudienceFigures extends Figures<AudienceFigures.Name> {
  /** As they were agreed on, word for word, in their order. */
  enum Name implements Figures.Name {
    ENGINE(
        "engine alone, 10,000 audiences, 10 affected per event, one thread, events/s",
        "events/s",
        Bound.atLeast(100_000)),
    COST(
        "cost per event, 10,000 audiences / 10 audiences, same number affected",
        "ratio",
        Bound.atMost(1.5)),
    PROCESS(
        "evaluator process (Kafka in, RocksDB, exactly-once, Kafka out), 1,000 audiences, events/s",
        "events/s",
        Bound.atLeast(10_000)),
    VISIBLE("event -> transition readable at half of that, p99, ms", "ms", Bound.atMost(200)),
    EXITS(
        "exits without an event, 1 million timers due evenly over an hour, lateness p99, ms",
        "ms",
        Bound.atMost(1_000)),
    WAVE("live p99 while 1 million timers fall due at once / without", "ratio", Bound.atMost(2)),
    STATE(
        "state per profile, 20 matchers in use with rings of 8, bytes",
        "bytes",
        Bound.atMost(2_048)),
    BACKFILL(
        "live p99 during a backfill over 1 million profiles / without", "ratio", Bound.atMost(2));

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

  AudienceFigures() {
    super(Name.class);
  }
}
