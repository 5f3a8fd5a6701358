package dev.attune.load.webhook;

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

/** {@code ./attune bench webhooks}. */
@Command(
    name = "webhooks",
    mixinStandardHelpOptions = true,
    description =
        "Webhooks: how many a second, how soon, beside endpoints that are dead or slow, and what a million"
            + " that wait take.")
public final class WebhookCommand implements Callable<Integer> {
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(30);

  private final Terminal terminal;

  @Option(
      names = "--rounds",
      defaultValue = "3",
      paramLabel = "N",
      description = "Of each comparison, 1-101; ${DEFAULT-VALUE} unless given.")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      paramLabel = "N",
      description = "Measured at each steady rate, 1-600; ${DEFAULT-VALUE} unless given.")
  private int seconds;

  @Option(
      names = "--pending",
      defaultValue = "1000000",
      paramLabel = "N",
      description = "Deliveries that wait, 1000-5000000; ${DEFAULT-VALUE} unless given.")
  private int pending;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Of ${COMPLETION-CANDIDATES}; all unless given.")
  private Set<WebhookBench.Part> only = EnumSet.allOf(WebhookBench.Part.class);

  public WebhookCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--rounds", rounds, 1, 101);
    require("--seconds", seconds, 1, 600);
    require("--pending", pending, 1_000, 5_000_000);
    var figures = new WebhookFigures();
    return new BenchFrame(terminal, "webhooks", CLEAN_UP_MAX)
        .run(
            folders ->
                new WebhookBench(
                        terminal,
                        folders,
                        rounds,
                        Duration.ofSeconds(seconds),
                        pending,
                        only,
                        figures)
                    .run(),
            figures::list,
            "a log beside it");
  }
}
