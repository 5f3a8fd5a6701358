package dev.attune.load.audience;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figure;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class AudienceFigures {
  /** As they were agreed on, word for word, in their order. */
  enum Name {
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
  }

  private final Map<Name, Figure> measured = new EnumMap<>(Name.class);

  void measured(Name name, double value, long samples, String note) {
    measured.put(name, Figure.of(name.text, value, name.unit, name.bound, samples, note));
  }

  void notMeasured(Name name, String why) {
    measured.put(name, Figure.notMeasured(name.text, name.unit, name.bound, why));
  }

  List<Figure> list() {
    List<Figure> list = new ArrayList<>();
    for (Name name : Name.values()) {
      if (!measured.containsKey(name)) {
        notMeasured(name, "the run ended before it");
      }
      list.add(measured.get(name));
    }
    return list;
  }
}
