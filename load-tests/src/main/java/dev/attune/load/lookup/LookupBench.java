package dev.attune.load.lookup;

import dev.attune.embedded.RedisServer;
import dev.attune.load.lookup.LookupFigures.Name;
import dev.attune.load.process.Child;
import dev.attune.load.process.Tools;
import dev.attune.load.report.PercentilePlot;
import dev.attune.load.report.Series;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run: everything is started, measured in interleaved blocks, and stopped. */
final class LookupBench {
  /** People that the near-cache holds, and hits are about. */
  private static final int HOT = 2_000;

  private static final long CACHE_BYTES = 64L << 20;

  /** For misses: the way through the cache is paid for, and next to nobody is found there. */
  private static final long CACHE_BYTES_LEAST = 1L << 20;

  private static final Duration TRACED = Duration.ofSeconds(3);
  private static final double ZIPF = 0.99;
  private static final int GRPC_CONNECTIONS = 4;
  private static final int GRPC_UNDER_WAY = 32;
  private static final int HTTP_CONNECTIONS = 50;
  private static final String PATH = "/v1/profiles/" + Population.NAMESPACE + ":";
  private static final Duration WARM_UP = Duration.ofSeconds(1);
  private static final Duration JIT_WARM_UP = Duration.ofSeconds(10);
  private static final int BATCH = 100;
  private static final String LEDGER = "written";
  private static final double BULK_RATE = 10_000;
  private static final int BULK_PEOPLE = 50_000;
  private static final double BULK_SHARE = 0.25;
  private static final int OVERLOAD = 10;
  private static final int OVERLOAD_ROUNDS = 5;
  private static final int OVERLOAD_CONNECTIONS = 16;
  private static final Duration USEFUL_MAX = Duration.ofMillis(100);

  private final Terminal terminal;
  private final Path work;
  private final Path out;
  private final Path errors;
  private final Plan plan;
  private final LookupFigures figures;
  private final Answers answers = new Answers();
  private final WriteLedger ledger;

  /** What is measured beside the rates of gRPC, each for itself. */
  enum Part {
    HTTP,
    LATENCY,
    BATCH,
    BULK,
    OVERLOAD,
    ZIPF
  }

  /** How much is measured. */
  record Plan(int profiles, int blocks, int seconds, int soakMinutes, Set<Part> parts) {
    Plan {
      parts = Set.copyOf(parts);
    }

    boolean has(Part part) {
      return parts.contains(part);
    }

    Duration length() {
      return Duration.ofSeconds(seconds);
    }
  }

  /**
   * @param work folder for the state of the run
   * @param out folder that gets the plot and the logs
   */
  LookupBench(Terminal terminal, Path work, Path out, Plan plan, LookupFigures figures)
      throws IOException {
    this.terminal = terminal;
    this.work = work;
    this.out = out;
    this.errors = out.resolve("lookup-children.err");
    this.plan = plan;
    this.figures = figures;
    this.ledger = WriteLedger.open(work.resolve(LEDGER), Math.min(BULK_PEOPLE, plan.profiles()));
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run() throws InterruptedException, IOException {
    Files.deleteIfExists(errors);
    try (RedisServer redis = RedisServer.start(Files.createDirectory(work.resolve("redis")), 0)) {
      Dataset.withoutPersistence(redis.port());
      var people = new Population(plan.profiles());
      load(people, redis.port());
      measure(people, redis);
    } catch (IllegalStateException | UncheckedIOException e) {
      String said = String.valueOf(e.getMessage()).replace('\n', ' ');
      figures.ended("the run ended before it: " + said);
      throw new Complaint(said, e);
    } finally {
      answers.tell(figures);
    }
  }

  private void load(Population people, int redisPort) throws IOException {
    try (Progress progress = terminal.progress("Loading", people.size(), "profiles")) {
      double bytes = Dataset.load(people, redisPort, progress);
      terminal.note(String.format(Locale.ROOT, "A profile has %.0f bytes as served.", bytes));
    }
  }

  private void measure(Population people, RedisServer redis)
      throws IOException, InterruptedException {
    try (Child direct = Servers.lookup(redis.port(), CACHE_BYTES_LEAST, work, errors);
        Child near = Servers.lookup(redis.port(), CACHE_BYTES, work, errors);
        Child thin = thin(redis.port())) {
      var stations = new Stations(people, direct, near, thin);
      warmUp(stations);
      Blocks blocks = blocks(stations, redis.port());
      if (plan.has(Part.HTTP)) {
        blocks.systemCalls(systemCalls(stations));
      }
      blocks.tell(figures);
      if (plan.has(Part.LATENCY)) {
        latency(stations, blocks);
      }
      if (plan.has(Part.BATCH)) {
        batch(people, stations);
      }
      if (plan.has(Part.BULK)) {
        bulk(people, stations, blocks, redis.port());
      }
      if (plan.has(Part.OVERLOAD)) {
        overload(stations, blocks);
      }
    }
    if (plan.has(Part.ZIPF)) {
      zipf(people, redis.port());
    }
    figures.ended("it was not asked for");
    if (plan.soakMinutes() > 0) {
      soak(people, redis.port());
    }
  }

  private @Nullable Child thin(int redisPort) throws IOException, InterruptedException {
    if (!plan.has(Part.HTTP)) {
      return null;
    }
    Optional<Path> node = Tools.find("node");
    Optional<Path> npm = Tools.find("npm");
    if (node.isEmpty() || npm.isEmpty()) {
      lacking("node and npm are not on the PATH: install them to compare with a thin service");
      return null;
    }
    try (Progress _ = terminal.progress("Installing Fastify and ioredis", 0, "")) {
      return ThinService.start(node.get(), npm.get(), work, redisPort, errors);
    } catch (IOException e) {
      lacking("npm could not install the thin service (" + e.getMessage() + ")");
      return null;
    }
  }

  private void lacking(String what) {
    terminal.note("*** " + what + " ***");
    for (Name name : List.of(Name.HTTP_HIT, Name.HTTP_MISS, Name.CPU)) {
      figures.notMeasured(name, what);
    }
  }

  /** Everything that is asked. */
  private final class Stations {
    private final Station miss;
    private final Station httpMiss;
    private final Station hit;
    private final Station httpHit;
    private final @Nullable Station thin;

    Stations(Population people, Child direct, Child near, @Nullable Child thinService) {
      IntSupplier uniform = Picks.uniform(people.size(), 1);
      IntSupplier hot = Picks.zipf(Math.min(HOT, people.size()), ZIPF, 2);
      miss = grpc("gRPC miss", direct, people, uniform);
      httpMiss = http("HTTP miss", direct, PATH, people, ledger, uniform);
      hit = grpc("gRPC hit", near, people, hot);
      httpHit = http("HTTP hit", near, PATH, people, ledger, hot);
      thin =
          thinService == null
              ? null
              : http("Fastify", thinService, ThinService.PATH, people, Versions.FIRST, uniform);
    }

    List<Station> overGrpc() {
      return List.of(hit, miss);
    }

    /** All but what they are compared with. */
    List<Station> ours() {
      List<Station> ours = new ArrayList<>(overGrpc());
      if (plan.has(Part.HTTP)) {
        ours.add(httpHit);
        ours.add(httpMiss);
      }
      return ours;
    }

    List<Station> all() {
      List<Station> all = ours();
      if (thin != null) {
        all.add(thin);
      }
      return all;
    }
  }

  private Station grpc(String name, Child server, Population people, IntSupplier who) {
    return new Station(
        name,
        server,
        () -> new GrpcConnection(server.port("grpc"), new SingleLookup(people, ledger)),
        GRPC_CONNECTIONS,
        GRPC_UNDER_WAY,
        who);
  }

  private Station http(
      String name,
      Child server,
      String path,
      Population people,
      Versions versions,
      IntSupplier who) {
    return new Station(
        name,
        server,
        () -> new HttpConnection(server.port("http"), path, people, versions),
        HTTP_CONNECTIONS,
        1,
        who);
  }

  private void warmUp(Stations stations) throws IOException {
    List<Station> all = stations.all();
    try (Progress progress = terminal.progress("Warming up", all.size(), "services")) {
      for (int i = 0; i < all.size(); i++) {
        progress.at(i, all.get(i).name());
        answers.count(all.get(i).saturate(Duration.ZERO, JIT_WARM_UP).tally());
      }
    }
  }

  private Blocks blocks(Stations stations, int redisPort) throws IOException, InterruptedException {
    Optional<Path> program = Tools.find("redis-benchmark");
    if (program.isEmpty()) {
      terminal.note(
          "*** redis-benchmark is not on the PATH: apt-get install -y redis-tools brings it ***");
    }
    var blocks = new Blocks(plan);
    RedisBenchmark redis =
        program.map(p -> new RedisBenchmark(p, work, redisPort, plan.profiles())).orElse(null);
    List<Station> all = stations.all();
    try (Progress progress =
        terminal.progress("Rates", (long) plan.blocks() * (all.size() + 1), "runs")) {
      long done = 0;
      for (int block = 0; block < plan.blocks(); block++) {
        if (redis != null) {
          progress.at(done, "redis-benchmark");
          blocks.redis().add(redis.run(plan.length()));
        }
        done++;
        for (Station station : all) {
          progress.at(done++, station.name());
          Station.Run run = station.saturate(WARM_UP, plan.length());
          answers.count(run.tally());
          blocks.add(station, run);
        }
      }
    }
    return blocks;
  }

  private void latency(Stations stations, Blocks blocks) throws IOException {
    List<Station> grpc = stations.overGrpc();
    List<Station> ours = stations.ours();
    var plot =
        new PercentilePlot("Lookups at half of saturation, open loop, from the intended send time");
    List<String> notes = new ArrayList<>();
    double worst = 0;
    long samples = 0;
    try (Progress progress = terminal.progress("Latencies", 4L * ours.size(), "runs")) {
      for (Station station : ours) {
        progress.at(progress(notes), station.name());
        var ratio = new Series();
        var one = new Series();
        var tail = new Series();
        Histogram all = new Histogram(3);
        double rate = blocks.rate(station).median() / 2;
        for (int i = 0; i < 3; i++) {
          Tally alone = counted(station.one(WARM_UP, plan.length()));
          Tally half = counted(station.at(rate, WARM_UP, plan.length()));
          one.add(alone.percentile(50));
          tail.add(half.percentile(99));
          ratio.add(half.percentile(99) / alone.percentile(50));
          all.add(half.micros());
        }
        if (grpc.contains(station)) {
          samples += all.getTotalCount();
          worst = Math.max(worst, ratio.median());
          plot.add(station.name(), all, 10 * one.median());
        } else {
          plot.add(station.name(), all);
        }
        notes.add(
            "%s: ratio %s, p50 at concurrency 1 %s ms, at %.0f/s p50 %.3f p99 %s p99.9 %.3f ms"
                .formatted(
                    station.name(),
                    ratio,
                    one,
                    rate,
                    all.getValueAtPercentile(50) / 1e3,
                    tail,
                    all.getValueAtPercentile(99.9) / 1e3));
      }
    }
    plot.write(out.resolve("lookup.svg"));
    figures.measured(
        Name.LATENCY,
        worst,
        samples,
        "the worse of those over gRPC, medians of 3 (least-most): " + String.join("; ", notes));
  }

  /** Beside what a client without a batch does, a loop; and beside a hundred calls at once. */
  private void batch(Population people, Stations stations) throws IOException {
    List<String> notes = new ArrayList<>();
    double worst = 0;
    long samples = 0;
    for (Station station : stations.overGrpc()) {
      int among = station.equals(stations.miss) ? people.size() : Math.min(HOT, people.size());
      Station batches =
          new Station(
              "batches",
              station.server(),
              () ->
                  new GrpcConnection(
                      station.server().port("grpc"), new BatchLookup(people, ledger, among, BATCH)),
              1,
              1,
              station.who());
      var ratio = new Series();
      var besideAtOnce = new Series();
      var together = new Series();
      var atOnce = new Series();
      var inTurn = new Series();
      counted(batches.one(Duration.ZERO, JIT_WARM_UP));
      for (int i = 0; i < 3; i++) {
        Tally batch = counted(batches.one(WARM_UP, plan.length()));
        Tally singles =
            counted(
                station.run(1, (driver, who) -> driver.bursts(who, BATCH, WARM_UP, plan.length())));
        Tally alone = counted(station.one(WARM_UP, plan.length()));
        together.add(batch.percentile(50));
        atOnce.add(singles.percentile(50));
        inTurn.add(alone.percentile(50) * BATCH);
        ratio.add(batch.percentile(50) / (alone.percentile(50) * BATCH));
        besideAtOnce.add(batch.percentile(50) / singles.percentile(50));
        samples += batch.verified();
      }
      worst = Math.max(worst, ratio.median());
      notes.add(
          ("%s: ratio %s, a batch %s ms, the singles one after the other %s ms; all at once on one"
                  + " connection they take %s ms, beside which the ratio is %s")
              .formatted(station.name(), ratio, together, inTurn, atOnce, besideAtOnce));
    }
    figures.measured(
        Name.BATCH,
        worst,
        samples,
        "the worse of these, medians (p50) of 3, beside singles one after the other: "
            + String.join("; ", notes));
  }

  private static long progress(List<String> notes) {
    return 4L * notes.size();
  }

  private Tally counted(Station.Run run) {
    answers.count(run.tally());
    return run.tally();
  }

  private void bulk(Population people, Stations stations, Blocks blocks, int redisPort)
      throws IOException, InterruptedException {
    int written = Math.min(BULK_PEOPLE, people.size());
    Path file = work.resolve(LEDGER);
    Station asked = stations.hit;
    Station station =
        grpc("gRPC beside a bulk load", asked.server(), people, Picks.zipf(written, ZIPF, 3));

    double rate = blocks.rate(asked).median() * BULK_SHARE;
    var ratio = new Series();
    var without = new Series();
    var with = new Series();
    long samples = 0;
    try (Progress progress = terminal.progress("Bulk load", 3, "rounds")) {
      for (int i = 0; i < 3; i++) {
        progress.at(i);
        Tally quiet = counted(station.at(rate, WARM_UP, plan.length()));
        Tally busy;
        try (Child _ =
            Child.start(
                "the bulk writer",
                Child.java(
                    List.of("-Xmx256m"),
                    BulkWriter.class,
                    String.valueOf(redisPort),
                    String.valueOf(written),
                    String.valueOf(BULK_RATE),
                    file.toString()),
                work,
                errors)) {
          busy = counted(station.at(rate, Duration.ofSeconds(5), plan.length()));
        }
        without.add(quiet.percentile(99));
        with.add(busy.percentile(99));
        ratio.add(busy.percentile(99) / quiet.percentile(99));
        samples += busy.verified();
      }
    }
    figures.measured(
        Name.BULK,
        ratio.median(),
        samples,
        ("ratio %s of 3 rounds; p99 without %s ms, with %s ms, of %.0f lookups/s (a quarter of"
                + " saturation, %s); %.0f profiles/s rewritten through the store, every one of"
                + " %d again and again")
            .formatted(ratio, without, with, rate, asked.name(), BULK_RATE, written));
  }

  private void overload(Stations stations, Blocks blocks) throws IOException {
    List<String> notes = new ArrayList<>();
    double worst = Double.MAX_VALUE;
    long samples = 0;
    for (Station station : stations.overGrpc()) {
      double offered = blocks.rate(station).median() * OVERLOAD;
      var ratio = new Series();
      var peaks = new Series();
      Tally last = null;
      // Each beside a peak of its own, right before it: the machine is not the same for long.
      for (int i = 0; i < OVERLOAD_ROUNDS; i++) {
        double peak = counted(station.saturate(WARM_UP, plan.length())).goodput();
        last =
            counted(
                station.run(
                    OVERLOAD_CONNECTIONS,
                    (driver, who) ->
                        driver.open(who, offered, WARM_UP, plan.length(), USEFUL_MAX, 0)));
        peaks.add(peak);
        ratio.add(last.goodput() / peak);
        samples += last.verified();
      }
      worst = Math.min(worst, ratio.median());
      notes.add(
          ("%s: %s of the peaks of %s/s before each, answers p50 %.1f p99 %.1f ms, %.1f %% found no free"
                  + " stream, %d refused or failed by the server")
              .formatted(
                  station.name(),
                  ratio,
                  peaks,
                  last == null ? 0 : last.percentile(50),
                  last == null ? 0 : last.percentile(99),
                  last == null ? 0 : 100.0 * last.left() / (offered * plan.seconds()),
                  last == null ? 0 : last.failures()));
    }
    figures.measured(
        Name.OVERLOAD,
        worst,
        samples,
        "verified answers within %d ms, %d calls a second offered for each that it can answer, on %d connections: %s"
            .formatted(
                USEFUL_MAX.toMillis(), OVERLOAD, OVERLOAD_CONNECTIONS, String.join("; ", notes)));
  }

  /** Of each station, for each request; or why they were not counted. */
  private String systemCalls(Stations stations) throws IOException, InterruptedException {
    List<String> counts = new ArrayList<>();
    for (Station station : stations.all()) {
      Optional<SystemCalls> counting = SystemCalls.start(station.server().handle().pid(), work);
      if (counting.isEmpty()) {
        return "not counted: strace is not on the PATH, or may not trace";
      }
      try (SystemCalls calls = counting.get()) {
        Tally tally = counted(station.saturate(Duration.ZERO, TRACED));
        counts.add(station.name() + " " + calls.perRequest(tally.verified()));
      }
    }
    return String.join(", ", counts);
  }

  /** On a server of its own, whose memory holds nothing for any other figure. */
  private void zipf(Population people, int redisPort) throws IOException, InterruptedException {
    try (Child server = Servers.lookup(redisPort, CACHE_BYTES, work, errors);
        Progress _ = terminal.progress("Zipf over everybody", 0, "")) {
      Station station = grpc("gRPC Zipf", server, people, Picks.zipf(people.size(), ZIPF, 5));
      counted(station.saturate(Duration.ZERO, JIT_WARM_UP));
      new ZipfRun(station, WARM_UP, plan.length())
          .run(people.size(), ZIPF, figures)
          .forEach(answers::count);
    }
  }

  private void soak(Population people, int redisPort) throws IOException, InterruptedException {
    try (Child server = Servers.lookup(redisPort, SoakRun.CACHE_BYTES, work, errors);
        Progress _ = terminal.progress("Soak of " + plan.soakMinutes() + " min", 0, "")) {
      Station station = grpc("gRPC in a soak", server, people, Picks.uniform(people.size(), 4));
      var soak = new SoakRun(station, Duration.ofMinutes(plan.soakMinutes()));
      answers.count(soak.run(people.size(), figures));
    }
  }
}
