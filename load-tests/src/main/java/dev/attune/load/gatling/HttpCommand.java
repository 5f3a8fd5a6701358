package dev.attune.load.gatling;

import static dev.attune.load.command.BenchFrame.require;

import dev.attune.load.command.BenchFrame;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench http}. */
@Command(
    name = "http",
    mixinStandardHelpOptions = true,
    description =
        "Lookups over HTTP as many users make them, with Gatling: by identifier, by a body, in"
            + " batches, conditional, of nobody; then at rising rates until answers get late.")
public final class HttpCommand implements Callable<Integer> {
  private static final Duration CLEAN_UP_MAX = Duration.ofSeconds(60);
  private static final Pattern NAMESPACE = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  private final Terminal terminal;

  @Option(
      names = "--rate",
      defaultValue = "250",
      paramLabel = "N",
      description = "Users a second of the mixed load, 1-2000; ${DEFAULT-VALUE} unless given.")
  private int rate = 250;

  @Option(
      names = "--rate-max",
      defaultValue = "8000",
      paramLabel = "N",
      description =
          "Highest of the rising rates, 10-20000, or 0 for none; ${DEFAULT-VALUE} unless given.")
  private int rateMax = 8_000;

  @Option(
      names = "--seconds",
      defaultValue = "20",
      paramLabel = "N",
      description = "The mixed load and each rate, 2-600; ${DEFAULT-VALUE} unless given.")
  private int seconds = 20;

  @Option(
      names = "--profiles",
      defaultValue = "100000",
      paramLabel = "N",
      description = "People who are asked for, 100-1000000; ${DEFAULT-VALUE} unless given.")
  private int profiles = 100_000;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description =
          "A server that runs on this machine, instead of one of its own; it is asked for"
              + " NAMESPACE:1, NAMESPACE:2 and so on.")
  private @Nullable URI server;

  @Option(
      names = "--namespace",
      defaultValue = "user_id",
      paramLabel = "NAMESPACE",
      description = "With --server: of the identifiers; ${DEFAULT-VALUE} unless given.")
  private String namespace = "user_id";

  public HttpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    require("--rate", rate, 1, 2_000);
    require("--rate-max", rateMax, 0, 20_000);
    require("--seconds", seconds, 2, 600);
    require("--profiles", profiles, 100, 1_000_000);
    if (rateMax > 0 && rateMax < rate) {
      throw new Complaint("--rate-max: less than --rate (allowed: 0, or --rate and above).");
    }
    if (!NAMESPACE.matcher(namespace).matches()) {
      throw new Complaint("--namespace: a name of small letters, digits and _ was expected.");
    }
    if (server != null) {
      requireLoopback(server);
    }
    var figures = new HttpFigures();
    var plan = new HttpBench.Plan(server, namespace, profiles, rate, rateMax, seconds);
    return new BenchFrame(terminal, "http", CLEAN_UP_MAX)
        .run(
            new HttpBench(terminal, plan, figures)::run,
            figures::list,
            "Gatling's reports in gatling, logs beside them");
  }

  /** Load is for machines of one's own. */
  private static void requireLoopback(URI server) {
    boolean plain =
        "http".equals(server.getScheme())
            && server.getHost() != null
            && server.getRawPath().isEmpty()
            && server.getRawQuery() == null
            && server.getUserInfo() == null;
    if (!plain) {
      throw new Complaint("--server: a URL like http://127.0.0.1:8080 was expected.");
    }
    try {
      if (InetAddress.getByName(server.getHost()).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      // Said below: what is not known is not here.
    }
    throw new Complaint("--server: only a server on this machine's loopback is put under load.");
  }
}
