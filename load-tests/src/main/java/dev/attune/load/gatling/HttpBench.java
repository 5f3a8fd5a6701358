package dev.attune.load.gatling;

import dev.attune.load.command.BenchFrame.Folders;
import dev.attune.load.lookup.ServedPopulation;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import io.gatling.javaapi.core.Simulation;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One run: a mix of requests at a steady rate, then rates one above the other. */
final class HttpBench {
  private static final String REPORTS = "gatling";
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private final Terminal terminal;
  private final Plan plan;
  private final HttpFigures figures;

  /**
   * How much is asked, and whom.
   *
   * @param server of somebody else; null for one of its own
   * @param namespace of the people of somebody else's server
   * @param rateMax highest rate of the search for the knee, 0 for none
   */
  record Plan(
      @Nullable URI server, String namespace, int profiles, int rate, int rateMax, int seconds) {}

  HttpBench(Terminal terminal, Plan plan, HttpFigures figures) {
    this.terminal = terminal;
    this.plan = plan;
    this.figures = figures;
  }

  /**
   * Runs all of it; what was measured before something failed is kept.
   *
   * @throws Complaint when something failed
   */
  void run(Folders folders) throws IOException, InterruptedException {
    Path reports = folders.out().resolve(REPORTS);
    deleteAll(reports);
    Files.createDirectories(reports);
    PrintStream before = System.out;
    // Gatling tells about itself there, in the middle of our own.
    try (var said =
        new PrintStream(
            folders.out().resolve("http-gatling.txt").toFile(), StandardCharsets.UTF_8)) {
      System.setOut(said);
      ask(folders, reports);
    } catch (IllegalStateException | UncheckedIOException e) {
      String why = String.valueOf(e.getMessage()).replace('\n', ' ');
      figures.ended(plan.rateMax > 0, plan.server == null, "the run ended before it: " + why);
      throw new Complaint(why, e);
    } finally {
      System.setOut(before);
    }
  }

  private void ask(Folders folders, Path reports) throws IOException, InterruptedException {
    if (plan.server != null) {
      measure(plan.server, new NumberedPeople(plan.namespace, plan.profiles), reports);
      return;
    }
    try (ServedPopulation served = served(folders)) {
      measure(served.http(), new GeneratedPeople(served.people()), reports);
    }
  }

  private ServedPopulation served(Folders folders) throws IOException, InterruptedException {
    try (Progress progress = terminal.progress("Loading", plan.profiles, "profiles")) {
      return ServedPopulation.start(
          plan.profiles, folders.work(), folders.out().resolve("http-children.err"), progress);
    }
  }

  private void measure(URI server, People people, Path reports) throws IOException {
    Load mix = load(server, people);
    GatlingRun mixed = run("Mixed load", MixSimulation.class, mix, reports);
    figures.mix(mix.outcomes(), mix, plan.server == null, told(mixed));
    long wrong = mix.outcomes().wrong();
    long answers = mix.outcomes().count();
    if (plan.rateMax > 0) {
      Load rising = load(server, people);
      GatlingRun risen = run("Rising rates", KneeSimulation.class, rising, reports);
      figures.knee(rising.levels(), rising.outcomes(), told(risen));
      wrong += rising.outcomes().wrong();
      answers += rising.outcomes().count();
    }
    figures.wrong(wrong, answers);
  }

  private Load load(URI server, People people) {
    return new Load(
        server,
        people,
        plan.rate,
        Math.max(plan.rate, plan.rateMax),
        WARM_UP,
        Duration.ofSeconds(plan.seconds),
        PATIENCE,
        new Outcomes());
  }

  private GatlingRun run(
      String what, Class<? extends Simulation> simulation, Load load, Path reports)
      throws IOException {
    try (Progress _ = terminal.progress(what, 0, "")) {
      return GatlingRun.of(simulation, load, reports);
    }
  }

  private static String told(GatlingRun run) {
    return run.report().map(file -> "report in " + file).orElse("Gatling wrote no report");
  }

  /** Reports of runs before this one. */
  private static void deleteAll(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
