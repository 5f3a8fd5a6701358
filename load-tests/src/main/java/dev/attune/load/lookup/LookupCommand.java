package dev.attune.load.lookup;

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

/** {@code ./attune bench lookup}. */
@Command(
    name = "lookup",
    mixinStandardHelpOptions = true,
    description =
        "Lookups over gRPC and HTTP beside redis-benchmark and a thin Node service: rates, latency,"
            + " processor time, bulk load, overload. Needs about 7 GB of memory for a million profiles.")
public final class LookupCommand implements Callable<Integer> {
  private static final int PROFILES = 1_000_000;
  private static final int BLOCKS = 7;
  private static final int SECONDS = 5;
  private static final int SOAK_MINUTES = 10;
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(60);

  private final Terminal terminal;

  @Option(
      names = "--profiles",
      defaultValue = "1000000",
      paramLabel = "N",
      description = "1000-5000000; the bounds speak of ${DEFAULT-VALUE}.")
  private int profiles = PROFILES;

  @Option(
      names = "--blocks",
      defaultValue = "7",
      paramLabel = "N",
      description = "Interleaved blocks, 1-50; the bounds speak of ${DEFAULT-VALUE}.")
  private int blocks = BLOCKS;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      paramLabel = "N",
      description = "Each measurement of a block, 1-60; the bounds speak of ${DEFAULT-VALUE}.")
  private int seconds = SECONDS;

  @Option(
      names = "--soak",
      defaultValue = "0",
      paramLabel = "MINUTES",
      description =
          "Then uniform lookups for so long with an eye on memory, 0-600; the bounds speak of 10.")
  private int soakMinutes = 0;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description =
          "Beside the rates of gRPC only these of ${COMPLETION-CANDIDATES}; the bounds speak of all.")
  private Set<LookupBench.Part> only = EnumSet.allOf(LookupBench.Part.class);

  public LookupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--profiles", profiles, 1_000, 5_000_000);
    require("--blocks", blocks, 1, 50);
    require("--seconds", seconds, 1, 60);
    require("--soak", soakMinutes, 0, 600);
    var figures = new LookupFigures(otherLoad());
    return new BenchFrame(terminal, "lookup", CLEAN_UP_MAX)
        .run(
            folders ->
                new LookupBench(
                        terminal,
                        folders.work(),
                        folders.out(),
                        new LookupBench.Plan(profiles, blocks, seconds, soakMinutes, only),
                        figures)
                    .run(),
            () -> figures.list(soakMinutes > 0),
            "lookup.svg, logs beside them");
  }

  private String otherLoad() {
    return profiles >= PROFILES
            && blocks >= BLOCKS
            && seconds >= SECONDS
            && only.size() == LookupBench.Part.values().length
            && (soakMinutes == 0 || soakMinutes >= SOAK_MINUTES)
        ? ""
        : "a quick run, not the load that the bound speaks of";
  }
}
