package dev.attune.load.refresh;

import static dev.attune.load.command.BenchFrame.require;

import dev.attune.load.command.BenchFrame;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench refresh}. */
@Command(
    name = "refresh",
    mixinStandardHelpOptions = true,
    description =
        "Into the store: a warehouse's table, a large difference, events, and the collector alone.")
public final class RefreshCommand implements Callable<Integer> {
  private static final int ROWS = 1_000_000;
  private static final int DIFF_ROWS = 10_000_000;
  private static final int SECONDS = 20;
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(150);

  private final Terminal terminal;

  @Option(
      names = "--rows",
      defaultValue = "1000000",
      paramLabel = "N",
      description = "Rows of the first load, 1000-5000000; the bounds speak of ${DEFAULT-VALUE}.")
  private int rows = ROWS;

  @Option(
      names = "--diff-rows",
      defaultValue = "10000000",
      paramLabel = "N",
      description = "Rows of the large table, 1000-50000000; ${DEFAULT-VALUE} unless given.")
  private int diffRows = DIFF_ROWS;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      paramLabel = "N",
      description = "Of each load with events, 2-300; ${DEFAULT-VALUE} unless given.")
  private int seconds = SECONDS;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Some of: ${COMPLETION-CANDIDATES}.")
  private Set<RefreshBench.Part> only = EnumSet.allOf(RefreshBench.Part.class);

  public RefreshCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--rows", rows, 1_000, 5_000_000);
    require("--diff-rows", diffRows, 1_000, 50_000_000);
    require("--seconds", seconds, 2, 300);
    var figures = new RefreshFigures(rows >= ROWS && diffRows >= DIFF_ROWS && seconds >= SECONDS);
    return new BenchFrame(terminal, "refresh", CLEAN_UP_MAX)
        .run(
            folders ->
                new RefreshBench(
                        terminal,
                        folders,
                        new RefreshBench.Plan(rows, diffRows, seconds, only),
                        figures)
                    .run(),
            figures::list,
            "logs beside it");
  }
}
