package dev.attune.load.audience;

import dev.attune.load.audience.AudienceFigures.Name;
import dev.attune.load.command.BenchFrame.Folders;
import dev.attune.load.process.Child;
import dev.attune.load.process.StandaloneProcess;
import dev.attune.load.report.Series;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.HdrHistogram.Histogram;

/** Runs the parts of this bench one after the other. */
final class AudienceBench {
  private static final int MANY = 1_000;
  private static final double P99 = 99;

  /** What it consists of. */
  enum Part {
    ENGINE,
    EVALUATOR,
    TIMERS,
    BACKFILL;

    // As it is written on the command line.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  // Of the evaluator, where that is not run.
  private static final double RATE_UNKNOWN = 8_000;

  /** Beside timers come so much less than it could take. */
  private static final int LIVE_PART = 4;

  private static final int WARM_UP_EVENTS = 60_000;
  private static final int EVENTS = 250_000;
  private static final Duration WARM_UP = Duration.ofSeconds(10);
  private static final Duration STEADY = Duration.ofSeconds(20);

  private final Terminal terminal;
  private final Folders folders;
  private final int blocks;
  private final Duration length;
  private final int people;
  private final Set<Part> only;
  private final AudienceFigures figures;

  /**
   * @param blocks of each kind, in turn
   * @param length of each
   * @param people whose memberships end by time alone, of each kind, and of whom an audience asks
   *     later
   * @param only what is run
   */
  AudienceBench(
      Terminal terminal,
      Folders folders,
      int blocks,
      Duration length,
      int people,
      Set<Part> only,
      AudienceFigures figures) {
    this.terminal = terminal;
    this.folders = folders;
    this.blocks = blocks;
    this.length = length;
    this.people = people;
    this.only = Set.copyOf(only);
    this.figures = figures;
  }

  void run() throws IOException, InterruptedException {
    if (only.contains(Part.ENGINE)) {
      state();
      engine();
    }
    try {
      double rate = only.contains(Part.EVALUATOR) ? evaluator() : RATE_UNKNOWN;
      if (only.contains(Part.TIMERS)) {
        timers((int) (rate / LIVE_PART));
      }
      if (only.contains(Part.BACKFILL)) {
        backfill();
      }
    } catch (IllegalStateException e) {
      throw new Complaint(String.valueOf(e.getMessage()), e);
    }
  }

  private void state() {
    figures.measured(
        Name.STATE,
        StateSize.bytes(),
        (long) StateSize.MATCHERS * StateSize.RING,
        "as it is stored: %d names of %d events each at times within 30 days, of one identifier"
            .formatted(StateSize.MATCHERS, StateSize.RING));
  }

  private Child child(String name) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(folders.work().resolve(name));
    return Child.start(
        "the evaluator",
        Child.java(
            List.of("-Xms512m", "-Xmx512m"),
            EvaluatorChild.class,
            folder.toString(),
            String.valueOf(EvaluatorRun.CATEGORIES)),
        folders.work(),
        folders.out().resolve("audiences-children.err"));
  }

  private static EvaluatorRun run(Child child) {
    return new EvaluatorRun(KafkaSettings.local("127.0.0.1:" + child.port("kafka")));
  }

  /** Returns how many events a second it took. */
  private double evaluator() throws IOException, InterruptedException {
    try (Child child = child("evaluator");
        EvaluatorRun run = run(child);
        Progress progress = terminal.progress("The evaluator", 3, "runs")) {
      double warm = run.asFastAsItCan(WARM_UP_EVENTS);
      progress.at(1, "as fast as it can");
      double rate = run.asFastAsItCan(EVENTS);
      progress.at(2, "at half of that");
      int half = (int) (rate / 2);
      Histogram micros = run.atRate(half, WARM_UP, STEADY);
      long[] verified = run.verify();
      String note = "%d answers compared, %d wrong".formatted(verified[0], verified[1]);
      if (verified[1] > 0) {
        figures.notMeasured(Name.PROCESS, note);
        figures.notMeasured(Name.VISIBLE, note);
        return rate;
      }
      figures.measured(
          Name.PROCESS,
          rate,
          EVENTS,
          "from the first that is sent until the last of %d transitions can be read, with the broker in the process and who sends and reads beside it; the first %d at %.0f/s; %s"
              .formatted(EVENTS * EvaluatorRun.ENTERS, WARM_UP_EVENTS, warm, note));
      figures.measured(
          Name.VISIBLE,
          micros.getValueAtPercentile(P99) / 1_000.0,
          micros.getTotalCount(),
          "at %d events/s from when each was due: p50 %.1f, p90 %.1f, p99.9 %.1f ms"
              .formatted(
                  half,
                  micros.getValueAtPercentile(50) / 1_000.0,
                  micros.getValueAtPercentile(90) / 1_000.0,
                  micros.getValueAtPercentile(99.9) / 1_000.0));
      return rate;
    }
  }

  private void timers(int rate) throws IOException, InterruptedException {
    try (Child child = child("timers");
        EvaluatorRun run = run(child);
        Progress progress = terminal.progress("Timers", 2, "runs")) {
      double seen = run.asFastAsItCan(WARM_UP_EVENTS);
      new TimersRun(run, people, seen, rate, figures).run(progress);
    }
  }

  private void backfill() throws IOException, InterruptedException {
    Path config =
        Files.writeString(
            folders.work().resolve("backfill.yaml"),
            "ports: {http: 0, grpc: 0, kafka: 0, redis: 0}\ndata_dir: \"%s\"\n"
                .formatted(folders.work().resolve("backfill")));
    Path errors = folders.out().resolve("audiences-attune.err");
    try (StandaloneProcess attune = StandaloneProcess.start(folders.root(), config, errors);
        Progress progress = terminal.progress("A backfill", 3, "runs")) {
      new BackfillRun(attune, people, figures).run(progress);
    }
  }

  private void engine() {
    var many = new EngineRun(MANY);
    var few = new EngineRun(1);
    var ofMany = new Series();
    var ofFew = new Series();
    try (Progress progress = terminal.progress("The engine alone", blocks + 1L, "blocks")) {
      // The first is for the compiler.
      many.block(length);
      few.block(length);
      for (int block = 1; block <= blocks; block++) {
        progress.at(block);
        ofMany.add(many.block(length));
        ofFew.add(few.block(length));
      }
    }
    long[] first = many.verify();
    long[] second = few.verify();
    String verified =
        "%d answers counted anew, %d wrong".formatted(first[0] + second[0], first[1] + second[1]);
    if (first[1] + second[1] > 0 || many.affected() != few.affected()) {
      figures.notMeasured(Name.ENGINE, verified);
      figures.notMeasured(Name.COST, verified);
      return;
    }
    figures.measured(
        Name.ENGINE,
        ofMany.median(),
        blocks,
        "%s/s over %d blocks of %d s, %d audiences, %.1f asked for each event, %.0f %% yes; %s"
            .formatted(
                ofMany,
                blocks,
                length.toSeconds(),
                many.audiences(),
                many.affected(),
                100 * many.shareOfMembers(),
                verified));
    // Time for an event is the other way round.
    Series cost = Series.ratio(ofFew, ofMany);
    figures.measured(
        Name.COST,
        cost.median(),
        blocks,
        "%s; with %d audiences %s/s".formatted(cost, few.audiences(), ofFew));
  }
}
