package dev.attune.load.pipeline;

import dev.attune.load.process.WorkDir;
import dev.attune.load.report.Commit;
import dev.attune.load.report.Machine;
import dev.attune.load.report.Report;
import dev.attune.platform.log.Logs;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench pipeline}. */
@Command(
    name = "pipeline",
    mixinStandardHelpOptions = true,
    description =
        "The whole way: start, memory, event to lookup, audience and webhook, loss, real purchases.")
public final class PipelineCommand implements Callable<Integer> {
  private static final int RATE = 500;
  private static final int SECONDS = 60;
  private static final long CLEAN_UP_SECONDS_MAX = 150;

  private final Terminal terminal;

  @Option(
      names = "--seconds",
      defaultValue = "60",
      paramLabel = "N",
      description = "Timed load, 5-600; the bounds speak of ${DEFAULT-VALUE}.")
  private int seconds = SECONDS;

  @Option(
      names = "--warm-up",
      defaultValue = "60",
      paramLabel = "N",
      description = "Seconds of the same load before it, 0-120; ${DEFAULT-VALUE} unless given.")
  private int warmUp = 60;

  @Option(
      names = "--rate",
      defaultValue = "500",
      paramLabel = "N",
      description = "Events a second, 10-20000; the bounds speak of ${DEFAULT-VALUE}.")
  private int rate = RATE;

  public PipelineCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--seconds", seconds, 5, 600);
    require("--warm-up", warmUp, 0, 120);
    require("--rate", rate, 10, 20_000);
    Path root = Path.of(System.getProperty("attune.home", "")).toAbsolutePath();
    Path out = root.resolve("target").resolve("bench");
    Files.createDirectories(out);
    Logs.toFile(out.resolve("pipeline.log"));
    Thread worker = Thread.currentThread();
    var cleaned = new CountDownLatch(1);
    // A signal ends the work where it is; what it started and wrote goes first.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  worker.interrupt();
                  await(cleaned);
                }));
    Machine machine = Machine.here();
    Plan plan = new Plan(rate, warmUp, seconds);
    var figures = new PipelineFigures(plan, rate == RATE && seconds >= SECONDS);
    try (WorkDir work = WorkDir.create("pipeline")) {
      new PipelineBench(terminal, root, work.path(), out, plan, figures).run();
    } catch (Complaint e) {
      terminal.note("attune: " + e.sentence());
    } finally {
      cleaned.countDown();
    }
    var report = new Report(machine, Commit.of(root), figures.list());
    report.table().forEach(terminal::result);
    report.write(out.resolve("pipeline.json"));
    terminal.result("Written to " + out + ": pipeline.json, pipeline.svg, logs beside them.");
    if (!report.holds()) {
      terminal.note("attune: a figure does not hold, or was not measured.");
      return 1;
    }
    return 0;
  }

  private static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new Complaint(option + ": " + value + " (allowed: " + least + " to " + most + ").");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      var _ = latch.await(CLEAN_UP_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
