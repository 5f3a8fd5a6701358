package dev.attune.load.webhook;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figures;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class WebhookFigures extends Figures<WebhookFigures.Name> {
  /** As they were agreed on, word for word, in their order. */
  enum Name implements Figures.Name {
    RATE("deliveries/s, 10 healthy endpoints, 1 KB", "deliveries/s", Bound.atLeast(3_000)),
    DEAD(
        "healthy endpoints' p99 with 9 of 10 endpoints dead / with none dead",
        "ratio",
        Bound.atMost(1.2)),
    TARPIT(
        "healthy endpoints' p99 with 9 of 10 tarpitting (answer after 25 s) / with none",
        "ratio",
        Bound.atMost(1.5)),
    LATENCY(
        "transition produced -> received at half of saturation, p99, ms", "ms", Bound.atMost(100)),
    HEAP("heap with 1 million pending deliveries, MB", "MB", Bound.atMost(512));

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

  WebhookFigures() {
    super(Name.class);
  }
}
