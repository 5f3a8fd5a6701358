package dev.attune.load.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.load.process.CpuTimes;
import dev.attune.load.process.MemorySampler;
import dev.attune.load.process.StandaloneProcess;
import dev.attune.load.report.PercentilePlot;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.client.DefinitionFolder;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One run: start, load, purchases, the verdict on what was lost, and a restart on the same state.
 */
final class PipelineBench {
  private static final Duration THROUGH_MAX = Duration.ofMinutes(3);
  private static final Duration WEBHOOKS_MAX = Duration.ofMinutes(1);

  private final Terminal terminal;
  private final Path root;
  private final Path work;
  private final Path out;
  private final Plan plan;
  private final PipelineFigures figures;

  /**
   * @param root of the repository
   * @param work folder for the state of the run
   * @param out folder that gets the plot and the logs
   */
  PipelineBench(
      Terminal terminal, Path root, Path work, Path out, Plan plan, PipelineFigures figures) {
    this.terminal = terminal;
    this.root = root;
    this.work = work;
    this.out = out;
    this.plan = plan;
    this.figures = figures;
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run() throws InterruptedException, IOException {
    Optional<Path> purchases = Cdnow.find(root);
    if (purchases.isEmpty()) {
      String absent =
          "the CDNOW purchases are absent: set ATTUNE_CDNOW to the folder of " + Cdnow.FILE;
      terminal.note("*** " + absent + " ***");
      figures.notMeasured(PipelineFigures.Name.CDNOW, absent);
    }
    Path errors = out.resolve("pipeline-attune.err");
    Files.deleteIfExists(errors);
    try (Receiver receiver = Receiver.start()) {
      Path secret = Files.writeString(work.resolve("webhook-secret"), receiver.secret());
      Path config =
          config(receiver, purchases.map(Path::toAbsolutePath).map(Path::getParent).orElse(work));
      Duration first;
      var ledger = new Ledger(plan);
      var losses = new Losses(terminal, plan, ledger);
      try (StandaloneProcess attune = start(config, errors);
          MemorySampler memory = MemorySampler.start(attune.handle())) {
        first = attune.startTime();
        figures.measured(
            PipelineFigures.Name.UP, seconds(first), 1, "empty data folder, through the launcher");
        measure(attune, memory, receiver, secret, purchases, ledger, losses);
      }
      restart(config, errors, first, losses);
    } catch (IllegalStateException e) {
      figures.ended("the run ended before it: " + oneLine(e));
      throw new Complaint(oneLine(e), e);
    } finally {
      keepLog();
    }
  }

  private static String oneLine(Exception e) {
    return String.valueOf(e.getMessage()).replace('\n', ' ');
  }

  private Path config(Receiver receiver, Path models) throws IOException {
    return Files.writeString(
        work.resolve("config.yaml"),
        """
        ports: {http: 0, grpc: 0, kafka: 0, redis: 0}
        data_dir: "%s"
        models: {root: "%s"}
        webhooks: {allow: ["%s"]}
        """
            .formatted(work.resolve("data"), models, receiver.address()));
  }

  private StandaloneProcess start(Path config, Path errors) throws InterruptedException {
    try (Progress progress = terminal.progress("Starting ./attune up", 1, "process")) {
      StandaloneProcess started = StandaloneProcess.start(root, config, errors);
      progress.at(1);
      return started;
    }
  }

  private void measure(
      StandaloneProcess attune,
      MemorySampler memory,
      Receiver receiver,
      Path secret,
      Optional<Path> purchases,
      Ledger ledger,
      Losses losses)
      throws InterruptedException, IOException {
    KafkaSettings kafka = KafkaSettings.local(attune.kafka());
    try (AttuneClient client = new AttuneClient(attune.url());
        Lookups lookups = new Lookups(attune.grpc());
        Stages stages = new Stages(kafka)) {
      ObjectNode definitions = Definitions.request(receiver, secret);
      Optional<Cdnow> cdnow = Optional.empty();
      if (purchases.isPresent()) {
        cdnow = Optional.of(Cdnow.read(purchases.get(), Instant.now()));
        definitions = Definitions.request(receiver, secret, cdnow.get());
      }
      var _ = client.post(DefinitionFolder.PATH, definitions).orComplain();
      memory.phase("live events");
      load(attune, receiver, lookups, stages, ledger);
      if (cdnow.isPresent()) {
        memory.phase("CDNOW");
        new CdnowRun(terminal, client, lookups, stages, kafka, figures).run(cdnow.get());
      }
      memory.phase("verification");
      losses.count(kafka, lookups);
      losses.tell(figures, receiver, lookups);
      memory.phase("end");
    } finally {
      tellMemory(memory);
    }
  }

  private void load(
      StandaloneProcess attune, Receiver receiver, Lookups lookups, Stages stages, Ledger ledger)
      throws InterruptedException, IOException {
    receiver.note(plan, ledger);
    Watch watch = new Watch(plan, ledger, lookups);
    try (EventDriver driver =
        new EventDriver(URI.create(attune.url()), plan, ledger, 1, watch::acknowledged)) {
      var before = new AtomicReference<>(CpuTimes.now(attune.handle()));
      var failedBefore = new AtomicLong();
      String shares;
      try (watch;
          Progress progress = terminal.progress("Live events", plan.events(), "events")) {
        driver.run(
            progress,
            () -> {
              before.set(CpuTimes.now(attune.handle()));
              failedBefore.set(lookups.failures());
            });
        shares = CpuTimes.between(before.get(), CpuTimes.now(attune.handle()));
      }
      stages.awaitThrough(THROUGH_MAX);
      awaitWebhooks(ledger);
      String asked =
          "%d lookups in all, of which failed %d in the warm-up and %d after it"
              .formatted(
                  lookups.made(), failedBefore.get(), lookups.failures() - failedBefore.get());
      tellLatencies(driver, watch, webhooks(ledger), asked, shares);
    }
  }

  private void awaitWebhooks(Ledger ledger) throws InterruptedException {
    long deadline = System.nanoTime() + WEBHOOKS_MAX.toNanos();
    while (System.nanoTime() < deadline
        && !ledger.acknowledged(Plan.Kind.ORDER).allMatch(ledger::isDelivered)) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private Latencies webhooks(Ledger ledger) {
    var latencies = new Latencies();
    ledger
        .acknowledged(Plan.Kind.ORDER)
        .filter(plan::isTimed)
        .filter(ledger::isDelivered)
        .forEach(i -> latencies.record(ledger.deliveredAt(i) - ledger.acknowledgedAt(i)));
    return latencies;
  }

  private void tellLatencies(
      EventDriver driver, Watch watch, Latencies webhooks, String asked, String shares)
      throws IOException {
    String driven =
        "sent late by "
            + driver.late()
            + ", answered after "
            + driver.answers()
            + " from when it was due; "
            + shares;
    figures.latency(
        PipelineFigures.Name.VISIBLE,
        watch.visible(),
        "one identify in "
            + plan.lookupEvery()
            + " watched from its acknowledgement by a gRPC lookup every "
            + Watch.LOOKUP_PAUSE.toMillis()
            + " ms ("
            + asked
            + ", "
            + watch.unwatched()
            + " samples left out); in the warm-up traits and audiences together after "
            + watch.warmUp()
            + "; "
            + driven);
    figures.latency(
        PipelineFigures.Name.AUDIENCE,
        watch.member(),
        "one stranger in "
            + plan.audienceEvery()
            + " watched by a gRPC lookup every "
            + Watch.AUDIENCE_PAUSE.toMillis()
            + " ms; same load");
    figures.latency(
        PipelineFigures.Name.WEBHOOK,
        webhooks,
        "every order's webhook, signature verified by the public library; same load");
    new PercentilePlot(
            "From the acknowledgement, at "
                + plan.rate()
                + " events/s for "
                + plan.seconds()
                + " s")
        .add(
            "visible in a lookup", watch.visible().snapshot(), PipelineFigures.Name.VISIBLE.limit())
        .add(
            "audience in a lookup",
            watch.member().snapshot(),
            PipelineFigures.Name.AUDIENCE.limit())
        .add("webhook received", webhooks.snapshot(), PipelineFigures.Name.WEBHOOK.limit())
        .write(out.resolve("pipeline.svg"));
  }

  private void tellMemory(MemorySampler memory) {
    memory
        .peak()
        .ifPresentOrElse(
            peak ->
                figures.measured(
                    PipelineFigures.Name.MEMORY,
                    peak.totalMb(),
                    memory.samples(),
                    "peak of one sample a second over all phases: JVM %.0f, Redis %.0f, in phase \"%s\""
                        .formatted(peak.ownMb(), peak.childrenMb(), peak.phase())),
            () ->
                figures.notMeasured(
                    PipelineFigures.Name.MEMORY, "this system does not tell resident memory"));
  }

  private void restart(Path config, Path errors, Duration first, Losses losses)
      throws InterruptedException {
    try (StandaloneProcess attune = start(config, errors);
        Lookups lookups = new Lookups(attune.grpc())) {
      long different = losses.differentNow(lookups);
      figures.measured(
          PipelineFigures.Name.UP,
          seconds(first),
          1,
          "empty data folder, through the launcher; restarted on the full one in %.2f s, %s"
              .formatted(
                  seconds(attune.startTime()),
                  different == 0
                      ? "every profile that was looked up as before"
                      : different
                          + " PROFILES NOT AS BEFORE, lookups failed: "
                          + lookups.failed()));
      if (different > 0) {
        throw new Complaint(different + " profiles are not as they were before the restart.");
      }
    }
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private void keepLog() {
    Path log = work.resolve("data").resolve("logs").resolve("attune.log");
    try {
      if (Files.exists(log)) {
        Files.copy(log, out.resolve("pipeline-attune.log"), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the log cannot be kept", e);
    }
  }
}
