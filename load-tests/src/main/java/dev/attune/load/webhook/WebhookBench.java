package dev.attune.load.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.load.command.BenchFrame.Folders;
import dev.attune.load.report.Series;
import dev.attune.load.webhook.DeliveryRun.Others;
import dev.attune.load.webhook.WebhookFigures.Name;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/** Runs the parts of this bench one after the other. */
final class WebhookBench {
  /** Of this bench alone: what it signs is delivered to loopback. */
  static final String SECRET = "whsec_" + "YmVuY2gt".repeat(4);

  private static final int PEOPLE = 20_000;
  private static final int WARM_UP_DELIVERIES = 30_000;
  private static final int DELIVERIES = 100_000;
  private static final Duration WARM_UP = Duration.ofSeconds(10);

  /** From a fresh start; after 10 s the compiler was what was measured: p99 of 9 s. */
  private static final Duration WARM_UP_FRESH = Duration.ofSeconds(40);

  /** Beside endpoints that fail come so much less than could be delivered. */
  private static final int PART = 4;

  // Where it is not measured.
  private static final double RATE_UNKNOWN = 2_000;

  /** What it consists of. */
  enum Part {
    RATE,
    DEAD,
    TARPIT,
    PENDING;

    // As it is written on the command line.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Terminal terminal;
  private final Folders folders;
  private final int rounds;
  private final Duration length;
  private final int pending;
  private final Set<Part> only;
  private final WebhookFigures figures;

  /**
   * @param rounds of each comparison
   * @param length of what is measured of each
   * @param pending deliveries that wait
   */
  WebhookBench(
      Terminal terminal,
      Folders folders,
      int rounds,
      Duration length,
      int pending,
      Set<Part> only,
      WebhookFigures figures) {
    this.terminal = terminal;
    this.folders = folders;
    this.rounds = rounds;
    this.length = length;
    this.pending = pending;
    this.only = Set.copyOf(only);
    this.figures = figures;
  }

  void run() throws IOException, InterruptedException {
    double rate = only.contains(Part.RATE) ? rate() : RATE_UNKNOWN;
    int offered = (int) (rate / PART);
    if (only.contains(Part.DEAD)) {
      beside(Name.DEAD, Others.DEAD, offered);
    }
    if (only.contains(Part.TARPIT)) {
      beside(Name.TARPIT, Others.TARPIT, offered);
    }
    if (only.contains(Part.PENDING)) {
      pending();
    }
  }

  private double rate() throws IOException, InterruptedException {
    try (DeliveryRun run = DeliveryRun.start(folders, "rate", Others.HEALTHY, false, PEOPLE);
        Progress progress = terminal.progress("Healthy endpoints", rounds + 2L, "runs")) {
      double warm = run.asFastAsItCan(WARM_UP_DELIVERIES);
      var rates = new Series();
      for (int round = 1; round <= rounds; round++) {
        progress.at(round, "as fast as it can");
        rates.add(run.asFastAsItCan(DELIVERIES));
      }
      progress.at(rounds + 1L, "at half of that");
      int half = (int) (rates.median() / 2);
      JsonNode seen = run.atRate(half, WARM_UP, length, true);
      long wrong = run.wrong();
      if (wrong > 0) {
        figures.notMeasured(Name.RATE, wrong + " deliveries were wrong");
        figures.notMeasured(Name.LATENCY, wrong + " deliveries were wrong");
        return rates.median();
      }
      figures.measured(
          Name.RATE,
          rates.median(),
          (long) rounds * DELIVERIES,
          "%s/s in %d runs of %d, bodies of %d bytes, each verified and in order; from the first that is written until the last was received, with the broker in the process and who sends and receives beside it; the first %d at %.0f/s"
              .formatted(
                  rates,
                  rounds,
                  DELIVERIES,
                  seen.path("bytes").asLong(),
                  WARM_UP_DELIVERIES,
                  warm));
      figures.measured(
          Name.LATENCY,
          seen.path("p99").asDouble(),
          seen.path("samples").asLong(),
          "at %d/s over all endpoints, from when each was due, at one of them: %s"
              .formatted(half, percentiles(seen)));
      return rates.median();
    }
  }

  private static String percentiles(JsonNode seen) {
    return "p50 %.1f, p99.9 %.1f ms"
        .formatted(seen.path("p50").asDouble(), seen.path("p999").asDouble());
  }

  private void beside(Name name, Others others, int rate) throws IOException, InterruptedException {
    var with = new Series();
    var without = new Series();
    long samples = 0;
    long wrong = 0;
    try (Progress progress = terminal.progress(name + " endpoints", 2L * rounds, "runs")) {
      for (int round = 0; round < rounds; round++) {
        for (Others each : new Others[] {Others.HEALTHY, others}) {
          String folder = name + "-" + round + "-" + each;
          try (DeliveryRun run = DeliveryRun.start(folders, folder, each, false, PEOPLE)) {
            JsonNode seen = run.atRate(rate, WARM_UP_FRESH, length, each == Others.HEALTHY);
            (each == Others.HEALTHY ? without : with).add(seen.path("p99").asDouble());
            samples += seen.path("samples").asLong();
            wrong += run.wrong();
          }
          progress.at(2L * round + (each == Others.HEALTHY ? 1 : 2));
        }
      }
    } catch (Complaint e) {
      figures.notMeasured(name, e.sentence());
      return;
    }
    if (wrong > 0) {
      figures.notMeasured(name, wrong + " deliveries were wrong");
      return;
    }
    Series ratio = Series.ratio(with, without);
    figures.measured(
        name,
        ratio.median(),
        samples,
        "%s over %d pairs, each from a fresh start; p99 of the one that is healthy in both %s ms, and %s ms without; %d/s offered over all ten"
            .formatted(ratio, rounds, with, without, rate));
  }

  private void pending() throws IOException, InterruptedException {
    try (DeliveryRun run = DeliveryRun.start(folders, "pending", Others.DEAD, true, pending);
        Progress progress = terminal.progress("Pending deliveries", 1, "runs")) {
      double megabytes = run.pending(pending) / 1e6;
      progress.at(1);
      figures.measured(
          Name.HEAP,
          megabytes,
          pending,
          "%d deliveries of as many profiles wait for ten dead endpoints; what is in use after a collection, the broker's in the same process included"
              .formatted(pending));
    }
  }
}
