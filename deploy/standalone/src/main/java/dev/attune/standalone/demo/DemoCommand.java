package dev.attune.standalone.demo;

import dev.attune.embedded.EmbeddedRedis;
import dev.attune.platform.log.Logs;
import dev.attune.standalone.DataDir;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.standalone.up.StartOptions;
import dev.attune.standalone.up.UntilSignal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code ./attune demo}: the system with a shop around it. Every demo begins with an empty folder.
 */
@Command(
    name = "demo",
    description = "Everything on this machine, with a generated shop, live events and webhooks.")
public final class DemoCommand implements Callable<Integer> {
  private static final Path DATA_DIR = Path.of(".attune", "demo");
  private static final int RATE_MAX = 5_000;
  private static final Duration UNTIL_STOPPED = Duration.ofDays(365);

  private final Terminal terminal;
  @Mixin private StartOptions options = new StartOptions();

  @Option(names = "--customers", description = "In the shop's warehouse; ${DEFAULT-VALUE}.")
  private int customers = 10_000;

  @Option(names = "--seed", description = "The same seed gives the same shop; ${DEFAULT-VALUE}.")
  private long seed = 42;

  @Option(names = "--rate", description = "Live events per second; ${DEFAULT-VALUE}.")
  private int rate = 50;

  @Option(
      names = "--seconds",
      description = "Of live events, after which it ends by itself; until Ctrl-C unless given.")
  private @Nullable Integer seconds;

  @Option(names = "--definitions", paramLabel = "DIR", description = "Definitions to publish.")
  private Path definitions = Path.of(System.getProperty("attune.home", "")).resolve("definitions");

  public DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (rate < 1 || rate > RATE_MAX) {
      throw new Complaint("--rate is 1 to " + RATE_MAX + " events per second.");
    }
    if (seconds != null && seconds < 1) {
      throw new Complaint("--seconds is at least 1.");
    }
    Shop shop;
    try {
      shop = new Shop(seed, customers);
    } catch (IllegalArgumentException e) {
      throw new Complaint(String.valueOf(e.getMessage()) + ".", e);
    }
    StandaloneConfig config = options.config(DATA_DIR);
    DataDir data = DataDir.open(config.dataDir(), DataDir.Kind.DEMO);
    stopLeftBehindRedis(data);
    data.clean();
    Logs.toFile(data.log());
    Duration length = seconds == null ? UNTIL_STOPPED : Duration.ofSeconds(seconds);
    return UntilSignal.run(
        terminal, () -> new Demo(terminal, shop, rate, length, definitions).run(config, data));
  }

  /** One that outlived a killed demo is known by files that are about to be removed. */
  private static void stopLeftBehindRedis(DataDir data) {
    if (Files.exists(data.redis())) {
      EmbeddedRedis.start(data.redis(), 0).close();
    }
  }
}
