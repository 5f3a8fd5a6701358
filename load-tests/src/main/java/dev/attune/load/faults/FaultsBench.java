package dev.attune.load.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.load.pipeline.Stages;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.client.DefinitionFolder;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.testkit.people.Load;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.WebhookEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * One run: snapshots, events of the past, live events and a topic of records, in a system that is
 * killed all the while; and whether everything is as if nothing had happened.
 */
final class FaultsBench {
  private static final Duration THROUGH_MAX = Duration.ofMinutes(3);
  private static final Duration SETTLED_MAX = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(200);
  private static final int CONNECTIONS = 2;

  /** Between requests of a connection: some 100 events a second, so that restarts catch up. */
  private static final Duration PACE = Duration.ofMillis(25);

  private static final double WEBHOOK_FAILURES = 0.03;

  /** Users who do something themselves; the warehouse knows more. */
  private static final int LIVE_SHARE = 2;

  /** E-mail addresses that the households are about. */
  private static final int ADDRESSES = 400;

  private static final Duration FIRST_SNAPSHOT_AGE = Duration.ofDays(3);

  private final Terminal terminal;
  private final FaultPlan plan;
  private final FaultFigures figures;
  private final Path work;
  private final Path directory;
  private final List<String> command;
  private final Path errors;
  private final Random random;
  private final Warehouse warehouse;
  private final Orders orders;
  private final List<JsonNode> live = new ArrayList<>();

  /**
   * @param work folder for the state of the run; {@code config.yaml} in it is what the command
   *     names
   * @param directory in which the command runs
   * @param command that starts the system
   * @param errors file that gets what the system says on standard error
   */
  FaultsBench(
      Terminal terminal,
      FaultPlan plan,
      FaultFigures figures,
      Path work,
      Path directory,
      List<String> command,
      Path errors) {
    this.terminal = terminal;
    this.plan = plan;
    this.figures = figures;
    this.work = work;
    this.directory = directory;
    this.command = command;
    this.errors = errors;
    this.random = new Random(plan.seed());
    this.warehouse =
        Warehouse.of(random, plan.customers(), Math.min(ADDRESSES, plan.customers() / LIVE_SHARE));
    this.orders =
        new Orders(new Random(random.nextLong()), plan.customers(), plan.orders(), Instant.now());
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run() throws IOException, InterruptedException {
    Files.deleteIfExists(errors);
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(plan.seed(), WEBHOOK_FAILURES);
        Victim victim = new Victim(command, directory, data(), errors)) {
      Path tables = Files.createDirectories(work.resolve("tables"));
      configure(endpoint, tables);
      Runs runs =
          new Runs(
              victim::url,
              tables,
              warehouse,
              orders,
              new Random(random.nextLong()),
              Instant.now().minus(FIRST_SNAPSHOT_AGE).truncatedTo(ChronoUnit.SECONDS));
      Killer killer = new Killer(victim, runs, new Random(random.nextLong()));
      victim.start();
      define(victim, endpoint);
      List<String> different = kill(victim, runs, killer);
      tellKills(victim, killer);
      tellWebhooks(endpoint);
      tellRuns(victim, runs);
      tellDifferences(different);
    } catch (Complaint | IllegalStateException e) {
      String why = String.valueOf(e.getMessage()).replace('\n', ' ');
      figures.ended("the run ended before it: " + why);
      throw new Complaint("with the seed " + plan.seed() + ": " + why, e);
    }
  }

  private Path data() {
    return work.resolve("data");
  }

  private void configure(WebhookEndpoint endpoint, Path tables) throws IOException {
    Files.writeString(
        work.resolve("config.yaml"),
        """
        ports: {http: 0, grpc: 0, kafka: 0, redis: 0}
        data_dir: "%s"
        models: {root: "%s"}
        webhooks: {allow: ["%s"]}
        """
            .formatted(data(), tables, endpoint.address()));
  }

  private void define(Victim victim, WebhookEndpoint endpoint)
      throws IOException, InterruptedException {
    Path secret = Files.writeString(work.resolve("webhook-secret"), endpoint.secret());
    ShopStream.createTopic(victim.kafka().orElseThrow());
    try (AttuneClient client = new AttuneClient(victim.url())) {
      var _ =
          client
              .post(DefinitionFolder.PATH, FaultRules.request(warehouse.tables(), endpoint, secret))
              .orComplain();
    }
  }

  /** Returns who is different the first time that anybody is. */
  private List<String> kill(Victim victim, Runs runs, Killer killer)
      throws IOException, InterruptedException {
    List<Moment> moments = plan.moments();
    int users = plan.customers() / LIVE_SHARE;
    List<String> different = List.of();
    try (Progress progress = terminal.progress("Killing it", moments.size(), "kills")) {
      for (int from = 0; from < moments.size() && different.isEmpty(); from += plan.between()) {
        int to = Math.min(moments.size(), from + plan.between());
        victim.start();
        int first = from / plan.between() * CONNECTIONS;
        try (Load load =
                Load.start(
                    victim::url, new Random(random.nextLong()), first, CONNECTIONS, users, PACE);
            ShopStream shop =
                ShopStream.start(
                    victim::kafka, new Random(random.nextLong()), "sold-" + from + "-", users)) {
          for (int i = from; i < to; i++) {
            progress.at(i, moments.get(i).text());
            killer.kill(moments.get(i), load::acknowledged);
          }
          victim.start();
          runs.complete();
          live.addAll(load.stop());
          live.addAll(shop.stop());
        }
        runs.finish();
        progress.at(to, "comparing");
        different = different(victim);
      }
    }
    return different;
  }

  private Model model() {
    Collection<JsonNode> events = new ArrayList<>(live);
    events.addAll(orders.events());
    List<Fact> facts = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    for (Table table : warehouse.tables()) {
      facts.addAll(table.facts());
      links.addAll(table.links());
    }
    return new Model(events, facts, links, FaultRules.CATALOG);
  }

  /** Waits until everybody is as they must be, or the deadline has passed. */
  private List<String> different(Victim victim) throws InterruptedException {
    try (Stages stages = new Stages(KafkaSettings.local(victim.kafka().orElseThrow()));
        Served served = new Served(victim.grpc())) {
      stages.awaitThrough(THROUGH_MAX);
      Model model = model();
      long deadline = System.nanoTime() + SETTLED_MAX.toNanos();
      while (true) {
        List<String> different = List.copyOf(served.differences(model));
        if (different.isEmpty() || System.nanoTime() > deadline) {
          return different;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
      }
    }
  }

  private void tellDifferences(List<String> different) {
    Model model = model();
    Set<String> profiles =
        model.people().values().stream()
            .map(person -> person.profile().getProfileId())
            .collect(Collectors.toSet());
    figures.measured(
        FaultFigures.Name.DIFFERENT,
        different.size(),
        model.people().size(),
        ("%d identifiers of %d profiles looked up after every %d kills and at the end: identifiers,"
                + " traits with times and sources, audiences; seed %d%s")
            .formatted(
                model.people().size(),
                profiles.size(),
                plan.between(),
                plan.seed(),
                first(different)));
  }

  private static String first(List<String> problems) {
    return problems.isEmpty() ? "" : "; the first: " + problems.getFirst().replace('\n', ' ');
  }

  private void tellKills(Victim victim, Killer killer) {
    int kills = killer.kills().values().stream().mapToInt(Integer::intValue).sum();
    String by =
        killer.kills().entrySet().stream()
            .map(kill -> kill.getValue() + " " + kill.getKey().text())
            .collect(Collectors.joining(", "));
    figures.measured(
        FaultFigures.Name.KILLS, kills, kills, "aimed at: " + by + "; seed " + plan.seed());
    List<Duration> starts = victim.starts().stream().sorted().toList();
    if (starts.isEmpty()) {
      return;
    }
    String note = "from the launcher until /health/ready answers 200, on what the kill left";
    figures.measured(
        FaultFigures.Name.READY, seconds(starts.get(starts.size() / 2)), starts.size(), note);
    figures.measured(FaultFigures.Name.READY_MAX, seconds(starts.getLast()), starts.size(), note);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private void tellWebhooks(WebhookEndpoint endpoint) throws InterruptedException {
    long deadline = System.nanoTime() + SETTLED_MAX.toNanos();
    List<String> problems = Deliveries.problems(endpoint, live);
    while (!problems.isEmpty() && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
      problems = Deliveries.problems(endpoint, live);
    }
    int taken = endpoint.taken().size();
    figures.measured(
        FaultFigures.Name.WEBHOOKS,
        problems.size(),
        taken,
        "%d taken, signatures verified by the public library; one delivery in %.0f is refused once%s"
            .formatted(taken, 1 / WEBHOOK_FAILURES, first(problems)));
  }

  private void tellRuns(Victim victim, Runs runs) throws InterruptedException {
    List<String> problems = runs.problems();
    figures.measured(
        FaultFigures.Name.RUNS,
        problems.size(),
        runs.begun().size(),
        "%d runs of 5 models; after the last, a dry run of each finds nothing to write%s"
            .formatted(runs.begun().size(), first(problems)));
    RunLog log = new RunLog(victim.deaths());
    log.read(KafkaSettings.local(victim.kafka().orElseThrow()), terminal);
    RunLog.Verdict verdict = log.verdict(runs.begun());
    String note =
        ("by the logs: %d rows and past events, %d of %d runs wrote before and after a kill, %d rows"
                + " twice; of rows by address only that there were no fewer than they are")
            .formatted(verdict.rows(), verdict.interrupted(), runs.begun().size(), verdict.again());
    figures.measured(FaultFigures.Name.AHEAD, (double) verdict.skipped(), verdict.rows(), note);
    figures.measured(FaultFigures.Name.AGAIN, (double) verdict.beyond(), verdict.rows(), note);
    Set<String> sent = new HashSet<>();
    for (List<JsonNode> events : List.of(live, orders.events())) {
      events.forEach(event -> sent.add(event.path("messageId").asText()));
    }
    Set<String> lost = new HashSet<>(sent);
    lost.removeAll(log.effects());
    figures.measured(
        FaultFigures.Name.LOST,
        lost.size(),
        sent.size(),
        "not in the log of changes; %d live ones, %d of the past%s"
            .formatted(
                sent.size() - orders.events().size(),
                orders.events().size(),
                first(List.copyOf(lost))));
  }

  /** Copies the system's own log, if there is one. */
  void keepLog(Path file) throws IOException {
    Optional<Path> log =
        Optional.of(data().resolve("logs").resolve("attune.log")).filter(Files::exists);
    if (log.isPresent()) {
      Files.copy(log.get(), file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
