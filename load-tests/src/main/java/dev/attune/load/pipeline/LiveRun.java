package dev.attune.load.pipeline;

import dev.attune.standalone.terminal.Progress;
import java.io.IOException;
import java.net.URI;

/** Live events at a steady rate into a running system, and when lookups show them. */
public final class LiveRun {
  private LiveRun() {}

  /**
   * What was seen.
   *
   * @param p99 milliseconds from the collector's acknowledgement of an event until a lookup showed
   *     it
   * @param samples events that were looked for
   * @param unanswered events that the collector did not acknowledge
   * @param text the same, for people
   */
  public record Seen(double p99, long samples, long unanswered, String text) {}

  /** The trait that its events change: it has to be in the catalog, an integer. */
  public static String trait() {
    return Plan.TRAIT;
  }

  /**
   * Sends events and waits until each that is looked for has shown.
   *
   * @param collector {@code http://host:port}
   * @param grpc {@code host:port}
   * @param rate events a second
   * @param mix of what events
   * @param batch events in a request, which is sent when the last of them is due
   * @param warmUp seconds before what is timed
   * @param seconds that are timed
   */
  public static Seen run(
      URI collector,
      String grpc,
      Mix mix,
      int rate,
      int batch,
      int warmUp,
      int seconds,
      Progress progress)
      throws IOException, InterruptedException {
    var plan = new Plan(rate, warmUp, seconds, mix);
    var ledger = new Ledger(plan);
    try (Lookups lookups = new Lookups(grpc)) {
      Watch watch = new Watch(plan, ledger, lookups);
      Latencies late;
      try (watch;
          EventDriver driver =
              new EventDriver(collector, plan, ledger, batch, i -> look(watch, plan, i))) {
        progress.total(plan.events());
        driver.run(progress, () -> {});
        late = driver.late();
      }
      return new Seen(
          watch.visible().percentile(99),
          watch.visible().count(),
          ledger.refusedCount(),
          watch.visible()
              + " at "
              + rate
              + " events/s in requests of "
              + batch
              + " for "
              + seconds
              + " s, sent late by "
              + late);
    }
  }

  // Nobody defined the audience that strangers join: looking for it would only be a load.
  private static void look(Watch watch, Plan plan, int i) {
    if (plan.kind(i) == Plan.Kind.IDENTIFY) {
      watch.acknowledged(i);
    }
  }
}
