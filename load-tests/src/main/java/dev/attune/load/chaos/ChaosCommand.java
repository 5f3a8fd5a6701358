package dev.attune.load.chaos;

import static dev.attune.load.command.BenchFrame.require;

import dev.attune.load.command.BenchFrame;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench chaos}. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description =
        "Webhooks: two dispatchers that are killed, before endpoints that fail, hang, reset and babble:"
            + " whether everything comes, in order, and nothing that must not.")
public final class ChaosCommand implements Callable<Integer> {
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(60);

  private final Terminal terminal;

  @Option(
      names = "--kills",
      defaultValue = "20",
      paramLabel = "N",
      description =
          "How often a dispatcher is killed, 1-1000; the bounds speak of ${DEFAULT-VALUE}.")
  private int kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of all that is random but the machine; unless given, another one each time.")
  private @Nullable Long seed;

  @Option(
      names = "--endpoints",
      defaultValue = "50",
      paramLabel = "N",
      description = "Each is told of everybody, 2-500; ${DEFAULT-VALUE} unless given.")
  private int endpoints;

  @Option(
      names = "--profiles",
      defaultValue = "40",
      paramLabel = "N",
      description = "Of whom is told, 4-10000; ${DEFAULT-VALUE} unless given.")
  private int profiles;

  public ChaosCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--kills", kills, 1, 1_000);
    require("--endpoints", endpoints, 2, 500);
    require("--profiles", profiles, 4, 10_000);
    ChaosPlan plan =
        ChaosPlan.of(seed == null ? new Random().nextLong() : seed, kills, endpoints, profiles);
    terminal.note("Seed " + plan.seed() + ".");
    var figures = new ChaosFigures();
    return new BenchFrame(terminal, "chaos", CLEAN_UP_MAX)
        .run(
            folders -> new ChaosBench(terminal, plan, figures, folders.work(), folders.out()).run(),
            figures::list,
            "logs beside it");
  }
}
