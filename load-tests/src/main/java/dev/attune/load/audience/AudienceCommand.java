package dev.attune.load.audience;

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

/** {@code ./attune bench audiences}. */
@Command(
    name = "audiences",
    mixinStandardHelpOptions = true,
    description =
        "Audiences: the engine alone, what it remembers of a profile, the evaluator as a process, ends by"
            + " time alone, and a backfill beside live events.")
public final class AudienceCommand implements Callable<Integer> {
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(30);

  private final Terminal terminal;

  @Option(
      names = "--blocks",
      defaultValue = "7",
      paramLabel = "N",
      description = "Interleaved blocks of each kind, 1-101; ${DEFAULT-VALUE} unless given.")
  private int blocks;

  @Option(
      names = "--seconds",
      defaultValue = "3",
      paramLabel = "N",
      description = "Of each block, 1-60; ${DEFAULT-VALUE} unless given.")
  private int seconds;

  @Option(
      names = "--people",
      defaultValue = "1000000",
      paramLabel = "N",
      description =
          "Whose memberships end by time alone, and of whom an audience asks later, 1000-5000000;"
              + " ${DEFAULT-VALUE} unless given.")
  private int people;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Of ${COMPLETION-CANDIDATES}; all unless given.")
  private Set<AudienceBench.Part> only = EnumSet.allOf(AudienceBench.Part.class);

  public AudienceCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--blocks", blocks, 1, 101);
    require("--seconds", seconds, 1, 60);
    require("--people", people, 1_000, 5_000_000);
    var figures = new AudienceFigures();
    return new BenchFrame(terminal, "audiences", CLEAN_UP_MAX)
        .run(
            folders ->
                new AudienceBench(
                        terminal,
                        folders,
                        blocks,
                        Duration.ofSeconds(seconds),
                        people,
                        only,
                        figures)
                    .run(),
            figures::list,
            "a log beside it");
  }
}
