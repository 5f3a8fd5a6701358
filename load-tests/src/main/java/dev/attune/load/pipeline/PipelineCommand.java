package dev.attune.load.pipeline;

import static dev.attune.load.command.BenchFrame.require;

import dev.attune.load.command.BenchFrame;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
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
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(150);

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
    Plan plan = new Plan(rate, warmUp, seconds);
    var figures = new PipelineFigures(plan, rate == RATE && seconds >= SECONDS);
    return new BenchFrame(terminal, "pipeline", CLEAN_UP_MAX)
        .run(
            folders ->
                new PipelineBench(
                        terminal, folders.root(), folders.work(), folders.out(), plan, figures)
                    .run(),
            figures::list,
            "pipeline.svg, logs beside them");
  }
}
