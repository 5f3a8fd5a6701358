package dev.attune.load.lookup;

import dev.attune.load.lookup.LookupFigures.Name;
import dev.attune.load.report.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rates and processor time, block by block. */
final class Blocks {
  private final LookupBench.Plan plan;
  private final Series redis = new Series();
  private final Map<String, Series> rates = new LinkedHashMap<>();
  private final Map<String, Series> cpu = new LinkedHashMap<>();
  private final Map<String, Long> samples = new LinkedHashMap<>();
  private String systemCalls = "not counted";

  Blocks(LookupBench.Plan plan) {
    this.plan = plan;
  }

  /** What the figure on processor time says of them. */
  void systemCalls(String perRequest) {
    systemCalls = perRequest;
  }

  /** Of {@code redis-benchmark}; empty where there is none. */
  Series redis() {
    return redis;
  }

  void add(Station station, Station.Run run) {
    rates.computeIfAbsent(station.name(), _ -> new Series()).add(run.tally().rate());
    cpu.computeIfAbsent(station.name(), _ -> new Series()).add(run.cpuMicrosPerRequest());
    samples.merge(station.name(), run.tally().verified(), Long::sum);
  }

  Series rate(Station station) {
    return of(rates, station.name());
  }

  private static Series of(Map<String, Series> series, String name) {
    return series.getOrDefault(name, new Series());
  }

  void tell(LookupFigures figures) {
    ratio(figures, Name.HIT, "gRPC hit", "redis-benchmark", redis);
    ratio(figures, Name.MISS, "gRPC miss", "redis-benchmark", redis);
    ratio(figures, Name.HTTP_HIT, "HTTP hit", "Fastify", of(rates, "Fastify"));
    ratio(figures, Name.HTTP_MISS, "HTTP miss", "Fastify", of(rates, "Fastify"));
    Series miss = of(cpu, "gRPC miss");
    Series thin = of(cpu, "Fastify");
    if (miss.count() > 0 && thin.count() > 0) {
      Series ratio = Series.ratio(miss, thin);
      List<String> each = new ArrayList<>();
      cpu.forEach((name, series) -> each.add(name + " " + series));
      figures.measured(
          Name.CPU,
          ratio.median(),
          samples.getOrDefault("gRPC miss", 0L),
          "ratio %s; microseconds of the server process: %s; its system calls per request: %s"
              .formatted(ratio, String.join(", ", each), systemCalls));
    }
  }

  private void ratio(
      LookupFigures figures, Name name, String above, String belowName, Series below) {
    Series rate = of(rates, above);
    if (rate.count() == 0 || below.count() == 0) {
      figures.notMeasured(
          name, rate.count() == 0 ? above + " was not measured" : belowName + " was not measured");
      return;
    }
    Series ratio = Series.ratio(rate, below);
    figures.measured(
        name,
        ratio.median(),
        samples.getOrDefault(above, 0L),
        "ratio %s over %d interleaved blocks of %d s; %s %s/s, %s %s/s"
            .formatted(ratio, ratio.count(), plan.seconds(), above, rate, belowName, below));
  }
}
