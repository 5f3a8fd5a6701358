package dev.attune.load.lookup;

import dev.attune.load.report.Bound;
import dev.attune.load.report.Figure;
import dev.attune.load.report.Figures;
import java.util.Arrays;
import java.util.List;

/** The figures of this bench: their names and bounds, and what has been measured so far. */
final class LookupFigures extends Figures<LookupFigures.Name> {
  /** As they were agreed on, word for word, in their order. */
  enum Name implements Figures.Name {
    HIT("gRPC lookups, near-cache hit / redis-benchmark GET", Bound.atLeast(1.3)),
    MISS(
        "gRPC lookups, miss (identity + profile from Redis) / redis-benchmark GET",
        Bound.atLeast(0.6)),
    HTTP_HIT("HTTP JSON lookups, hit / Fastify + ioredis", Bound.atLeast(4)),
    HTTP_MISS("HTTP JSON lookups, miss / Fastify + ioredis", Bound.atLeast(1.5)),
    CPU("CPU per gRPC miss / CPU per Fastify request", Bound.atMost(0.5)),
    LATENCY("p99 at half of saturation / p50 at concurrency 1, gRPC", Bound.atMost(10)),
    BATCH("batch of 100 / 100 single lookups, time", Bound.atMost(0.25)),
    BULK("lookups while a bulk load runs: p99 with / without", Bound.atMost(2)),
    OVERLOAD("goodput at 10x overload / peak", Bound.atLeast(0.9)),
    ZIPF("gRPC lookups, Zipf over everybody", "lookups/s", Bound.none()),
    WRONG("stale or wrong answers in all of it", "answers", Bound.atMost(0)),
    SOAK_CACHE("near-cache in use / its bound, the most in a soak", Bound.atMost(1)),
    SOAK_MEMORY(
        "resident memory in a soak, the most / the least after its first minute",
        Bound.atMost(1.05)),
    SOAK_HEAP("heap in use in a soak, at its end / after its first minute", Bound.atMost(1.05));

    private final String text;
    private final String unit;
    private final Bound bound;

    Name(String text, Bound bound) {
      this(text, "ratio", bound);
    }

    Name(String text, String unit, Bound bound) {
      this.text = text;
      this.unit = unit;
      this.bound = bound;
    }

    @Override
    public Goal goal() {
      return new Goal(text, unit, bound);
    }

    private boolean isOfSoak() {
      return this == SOAK_CACHE || this == SOAK_MEMORY || this == SOAK_HEAP;
    }
  }

  private final String otherLoad;

  /**
   * @param otherLoad how the run differs from what the bounds speak of; empty when it does not
   */
  LookupFigures(String otherLoad) {
    super(Name.class);
    this.otherLoad = otherLoad;
  }

  /** Only from a run that the bounds speak of; else it says what was seen, and that it is none. */
  @Override
  public void measured(Name name, double value, long samples, String note) {
    if (otherLoad.isEmpty() || (name == Name.WRONG && value > 0)) {
      super.measured(name, value, samples, note);
    } else {
      notMeasured(
          name, "%s; it would be %.3g over %d; %s".formatted(otherLoad, value, samples, note));
    }
  }

  /**
   * @param soak whether its figures were asked for
   */
  List<Figure> list(boolean soak) {
    return Arrays.stream(Name.values())
        .filter(name -> soak || !name.isOfSoak())
        .map(this::figure)
        .toList();
  }
}
