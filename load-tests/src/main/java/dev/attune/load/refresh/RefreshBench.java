package dev.attune.load.refresh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.load.command.BenchFrame.Folders;
import dev.attune.load.pipeline.LiveRun;
import dev.attune.load.pipeline.Mix;
import dev.attune.load.pipeline.Stages;
import dev.attune.load.process.Child;
import dev.attune.load.process.MemorySampler;
import dev.attune.load.process.StandaloneProcess;
import dev.attune.load.process.Tools;
import dev.attune.load.refresh.RefreshFigures.Name;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.client.DefinitionFolder;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.store.redis.RedisSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Runs the parts of this bench one after the other; each has processes of its own. */
final class RefreshBench {
  private static final String PATH = "/v1/refreshes";
  private static final Set<String> ENDED = Set.of("done", "refused", "failed", "paused");
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration LOAD_MAX = Duration.ofMinutes(10);
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final int EVENT_BYTES = 1_000;
  private static final int BATCH = 20;

  /** Live events a second beside a load, as in the bench of the pipeline. */
  private static final int LIVE_RATE = 500;

  private final Terminal terminal;
  private final Folders folders;
  private final Plan plan;
  private final RefreshFigures figures;
  private final Path errors;

  /** What can be measured alone. */
  enum Part {
    LOAD,
    DIFF,
    EVENTS,
    BESIDE,
    COLLECTOR
  }

  /** How much is measured. */
  record Plan(int rows, int diffRows, int seconds, Set<Part> parts) {
    Plan {
      parts = Set.copyOf(parts);
    }
  }

  RefreshBench(Terminal terminal, Folders folders, Plan plan, RefreshFigures figures) {
    this.terminal = terminal;
    this.folders = folders;
    this.plan = plan;
    this.figures = figures;
    this.errors = folders.out().resolve("refresh-children.err");
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run() throws IOException, InterruptedException {
    Files.deleteIfExists(errors);
    try {
      if (plan.parts().contains(Part.COLLECTOR)) {
        collector();
      }
      if (plan.parts().contains(Part.DIFF)) {
        diff();
      }
      if (plan.parts().contains(Part.LOAD)) {
        load();
      }
      if (plan.parts().contains(Part.EVENTS) || plan.parts().contains(Part.BESIDE)) {
        standalone();
      }
      figures.ended("it was not asked for");
    } catch (IllegalStateException | UncheckedIOException e) {
      String why = String.valueOf(e.getMessage()).replace('\n', ' ');
      figures.ended("the run ended before it: " + why);
      throw new Complaint(why, e);
    }
  }

  private void collector() throws IOException, InterruptedException {
    Path log = Files.createDirectories(folders.work().resolve("collector"));
    try (Child child =
            Child.start(
                "the collector",
                Child.java(List.of("-Xms512m", "-Xmx512m"), CollectorProcess.class, log.toString()),
                folders.work(),
                errors);
        Progress progress = terminal.progress("Collector alone", 4, "runs")) {
      var acknowledged = new Acknowledged();
      var next = new AtomicLong();
      Posts batches = new Posts(child.port("http"), BATCH, EVENT_BYTES, false, next, acknowledged);
      Posts singles = new Posts(child.port("http"), 1, EVENT_BYTES, false, next, acknowledged);
      var _ = batches.run(WARM_UP);
      progress.at(1, "batches");
      Posts.Taken batched = batches.run(Duration.ofSeconds(plan.seconds()));
      progress.at(2, "warming up");
      var _ = singles.run(WARM_UP);
      progress.at(3, "single events");
      Posts.Taken single = singles.run(Duration.ofSeconds(plan.seconds()));
      int lost = acknowledged.lost(KafkaSettings.local("127.0.0.1:" + child.port("kafka")));
      String verified =
          "; of %d events acknowledged in all, %d are not in the log"
              .formatted(acknowledged.count(), lost);
      if (lost > 0) {
        figures.notMeasured(Name.BATCHES, "events were lost" + verified);
        figures.notMeasured(Name.SINGLES, "events were lost" + verified);
        return;
      }
      figures.measured(
          Name.BATCHES,
          batched.rate(),
          batched.events(),
          batched.refused() + " refused" + verified);
      figures.measured(
          Name.SINGLES, single.rate(), single.events(), single.refused() + " refused" + verified);
    }
  }

  private void diff() throws IOException, InterruptedException {
    Path folder = Files.createDirectories(folders.work().resolve("diff"));
    var table = new WarehouseTable(folder.resolve("table.parquet"), plan.diffRows());
    try (Progress progress = terminal.progress("Large difference", 4, "steps");
        DiffChild child = DiffChild.start(table, folder, folders.work(), errors);
        MemorySampler memory = MemorySampler.start(child.handle())) {
      progress.at(0, "writing the table");
      table.write(0);
      memory.phase("first");
      progress.at(1, "first refresh");
      DiffChild.Answer first = child.refresh();
      progress.at(2, "writing it again");
      table.write(1);
      memory.phase("1 % changed");
      progress.at(3, "second refresh");
      DiffChild.Answer second = child.refresh();
      double expected = plan.diffRows() / 100.0;
      if (first.written() != plan.diffRows() || Math.abs(second.written() - expected) > 1) {
        figures.notMeasured(
            Name.DIFF,
            "it found %d and %d rows that differ, not %d and %.0f"
                .formatted(first.written(), second.written(), plan.diffRows(), expected));
        return;
      }
      MemorySampler.Peak peak = memory.peak().orElseThrow();
      figures.measured(
          Name.DIFF,
          peak.totalMb() / 1_024,
          memory.samples(),
          "resident memory of a process that reads, compares and keeps the table twice, rows going"
              + " to nobody: the first time in %.1f s, with 1 %% changed in %.1f s; peak in \"%s\""
                  .formatted(first.seconds(), second.seconds(), peak.phase()));
    }
  }

  private void load() throws IOException, InterruptedException {
    Path folder = Files.createDirectories(folders.work().resolve("load"));
    var table = new WarehouseTable(folder.resolve("table.parquet"), plan.rows());
    table.write(0);
    try (Child child =
            Child.start(
                "the refresher",
                Child.java(List.of("-Xms512m", "-Xmx512m"), LoaderProcess.class, folder.toString()),
                folders.work(),
                errors);
        AttuneClient client =
            new AttuneClient("http://" + LoaderProcess.HOST + ":" + child.port("http"))) {
      define(client, table);
      double first = refresh(client, "First load", plan.rows());
      tellFirstLoad(first, verified(child));
      table.write(1);
      double changed = refresh(client, "Refresh with 1 % changed", plan.rows() / 100);
      figures.measured(
          Name.CHANGED,
          changed / first,
          plan.rows(),
          "%.1f s after a first load of %.1f s".formatted(changed, first));
    }
  }

  private String verified(Child child) {
    try (Progress progress = terminal.progress("Comparing with the table", 0, "changes")) {
      return new LoadedRows(plan.rows())
          .verified(
              KafkaSettings.local(LoaderProcess.HOST + ":" + child.port("kafka")),
              RedisSettings.plain(LoaderProcess.HOST, child.port("redis"), LoaderProcess.PREFIX),
              progress);
    }
  }

  private void standalone() throws IOException, InterruptedException {
    var table = new WarehouseTable(folders.work().resolve("table.parquet"), plan.rows());
    table.write(0);
    Path config =
        Files.writeString(
            folders.work().resolve("config.yaml"),
            """
            ports: {http: 0, grpc: 0, kafka: 0, redis: 0}
            data_dir: "%s"
            models: {root: "%s"}
            """
                .formatted(folders.work().resolve("data"), folders.work()));
    try (StandaloneProcess attune = StandaloneProcess.start(folders.root(), config, errors);
        AttuneClient client = new AttuneClient(attune.url());
        Stages stages = new Stages(KafkaSettings.local(attune.kafka()))) {
      define(client, table);
      if (plan.parts().contains(Part.EVENTS)) {
        events(attune, stages);
      }
      if (plan.parts().contains(Part.BESIDE)) {
        beside(attune, client, live(attune, "Live events alone", Mix.SHOP, LIVE_RATE, 1));
      }
    }
  }

  private static void define(AttuneClient client, WarehouseTable table)
      throws InterruptedException {
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    ArrayNode files = request.putArray("files");
    files
        .addObject()
        .put("path", "catalog.yaml")
        .put(
            "text",
            WarehouseTable.catalog(
                "  "
                    + LiveRun.trait()
                    + ": {type: integer}\n  "
                    + Posts.TRAIT
                    + ": {type: integer}\n"));
    files.addObject().put("path", "models/table.yaml").put("text", table.model());
    var _ = client.post(DefinitionFolder.PATH, request).orComplain();
  }

  private void events(StandaloneProcess attune, Stages stages)
      throws IOException, InterruptedException {
    URI url = URI.create(attune.url());
    var acknowledged = new Acknowledged();
    var next = new AtomicLong();
    Posts posts = new Posts(url.getPort(), BATCH, EVENT_BYTES, true, next, acknowledged);
    double rate;
    try (Progress progress = terminal.progress("Events", 2, "runs")) {
      var _ = posts.run(WARM_UP);
      stages.awaitWritten(LOAD_MAX);
      progress.at(1);
      long began = System.nanoTime();
      Posts.Taken taken = posts.run(Duration.ofSeconds(plan.seconds()));
      stages.awaitWritten(LOAD_MAX);
      double seconds = (System.nanoTime() - began) / 1e9;
      rate = taken.events() / seconds;
      int lost = acknowledged.lost(KafkaSettings.local(attune.kafka()));
      String note =
          ("%d events in batches of %d taken at %.0f/s, all in profiles and their changes in the log"
                  + " after %.1f s; %d refused requests, %d events lost")
              .formatted(taken.events(), BATCH, taken.rate(), seconds, taken.refused(), lost);
      if (lost > 0) {
        figures.notMeasured(Name.EVENTS, note);
      } else {
        figures.measured(Name.EVENTS, rate, taken.events(), note);
      }
    }
    int half = (int) Math.round(rate / 2);
    LiveRun.Seen seen = live(attune, "Events at half of that", Mix.BROWSING, half, BATCH);
    if (seen.samples() == 0 || seen.unanswered() > 0) {
      figures.notMeasured(
          Name.VISIBLE, seen.unanswered() + " events were not acknowledged; " + seen.text());
    } else {
      figures.measured(Name.VISIBLE, seen.p99(), seen.samples(), seen.text());
    }
  }

  private LiveRun.Seen live(StandaloneProcess attune, String name, Mix mix, int rate, int batch)
      throws IOException, InterruptedException {
    try (Progress progress = terminal.progress(name, 0, "events")) {
      return LiveRun.run(
          URI.create(attune.url()),
          attune.grpc(),
          mix,
          rate,
          batch,
          (int) WARM_UP.toSeconds(),
          plan.seconds(),
          progress);
    }
  }

  private void tellFirstLoad(double seconds, String verified)
      throws IOException, InterruptedException {
    double rate = plan.rows() / seconds;
    Optional<Path> program = Tools.find("redis-benchmark");
    String load = "%.0f rows/s, %.1f s".formatted(rate, seconds);
    if (program.isEmpty()) {
      terminal.note(
          "*** redis-benchmark is not on the PATH: apt-get install -y redis-tools brings it ***");
      figures.notMeasured(Name.FIRST_LOAD, "redis-benchmark is not on the PATH; " + load);
      return;
    }
    double sets = SetBenchmark.run(program.get(), folders.work());
    figures.measured(
        Name.FIRST_LOAD,
        rate / sets,
        plan.rows(),
        "%s; %s; redis-benchmark %.0f SET/s".formatted(load, verified, sets));
  }

  /** A first load that lasts longer than the events beside it, and is then cancelled. */
  private void beside(StandaloneProcess attune, AttuneClient client, LiveRun.Seen alone)
      throws IOException, InterruptedException {
    var events =
        new FutureTask<>(() -> live(attune, "Live events beside a load", Mix.SHOP, LIVE_RATE, 1));
    Thread.ofPlatform().start(events);
    String run = begin(client);
    LiveRun.Seen with;
    try {
      with = events.get();
    } catch (ExecutionException e) {
      throw new IOException("the live events failed: " + e.getCause(), e);
    }
    JsonNode load = state(client, run);
    boolean loading = !ENDED.contains(load.path("state").asText());
    if (loading) {
      var _ =
          client
              .post(PATH + "/" + run + "/cancel", AttuneClient.JSON.createObjectNode())
              .orComplain();
    }
    if (with.samples() == 0 || with.unanswered() > 0 || !loading) {
      figures.notMeasured(
          Name.BESIDE, "the load ended before the events did, or events were not acknowledged");
      return;
    }
    figures.measured(
        Name.BESIDE,
        with.p99() / alone.p99(),
        with.samples(),
        "alone %s; beside it %s; when the events ended it was %s, %d rows written"
            .formatted(
                alone.text(),
                with.text(),
                load.path("state").asText(),
                load.path("written").asLong()));
  }

  private double refresh(AttuneClient client, String name, long written)
      throws InterruptedException {
    long began = System.nanoTime();
    String run = begin(client);
    JsonNode ended;
    try (Progress progress = terminal.progress(name, written, "rows")) {
      ended = end(client, run, progress);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    long found = ended.path("written").asLong();
    if (Math.abs(found - written) > 1) {
      throw new IllegalStateException(
          "a refresh wrote " + found + " rows and not " + written + ": " + ended.path("message"));
    }
    return seconds;
  }

  private static String begin(AttuneClient client) throws InterruptedException {
    return client
        .post(PATH, AttuneClient.JSON.createObjectNode().put("model", "table"))
        .orComplain()
        .path("id")
        .asText();
  }

  private static JsonNode state(AttuneClient client, String run) throws InterruptedException {
    return client.get(PATH + "/" + run).orComplain();
  }

  private static JsonNode end(AttuneClient client, String run, Progress progress)
      throws InterruptedException {
    long deadline = System.nanoTime() + LOAD_MAX.toNanos();
    while (true) {
      JsonNode now = state(client, run);
      progress.at(now.path("written").asLong());
      if (ENDED.contains(now.path("state").asText())) {
        if (!now.path("state").asText().equals("done")) {
          throw new IllegalStateException("a refresh came to " + now);
        }
        return now;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("a refresh did not end in time");
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    }
  }
}
