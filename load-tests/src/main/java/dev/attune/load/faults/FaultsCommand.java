package dev.attune.load.faults;

import static dev.attune.load.command.BenchFrame.require;

import dev.attune.load.command.BenchFrame;
import dev.attune.load.process.StandaloneProcess;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench faults}. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    description =
        "Kills at random points of batch and stream: profiles, counts, webhooks and runs afterwards.")
public final class FaultsCommand implements Callable<Integer> {
  private static final int KILLS = 50;
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(150);

  private final Terminal terminal;

  @Option(
      names = "--kills",
      defaultValue = "50",
      paramLabel = "N",
      description = "How often it is killed, 1-1000; the bounds speak of ${DEFAULT-VALUE}.")
  private int kills = KILLS;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of all that is random but the machine; unless given, another one each time.")
  private @Nullable Long seed;

  public FaultsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--kills", kills, 1, 1_000);
    FaultPlan plan = FaultPlan.of(seed == null ? new Random().nextLong() : seed, kills);
    terminal.note("Seed " + plan.seed() + ".");
    var figures = new FaultFigures();
    return new BenchFrame(terminal, "faults", CLEAN_UP_MAX)
        .run(
            folders -> {
              Path config = folders.work().resolve("config.yaml");
              List<String> command = StandaloneProcess.launcher(folders.root(), config);
              Path errors = folders.out().resolve("faults-attune.err");
              var bench =
                  new FaultsBench(
                      terminal, plan, figures, folders.work(), folders.root(), command, errors);
              try {
                bench.run();
              } finally {
                bench.keepLog(folders.out().resolve("faults-attune.log"));
              }
            },
            figures::list,
            "logs beside it");
  }
}
