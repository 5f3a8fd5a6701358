package dev.attune.standalone.receive;

import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.standalone.up.UntilSignal;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./attune webhooks listen}: a receiver on this machine, until Ctrl-C. */
@Command(
    name = "listen",
    description = "Takes webhooks on this machine, verifies them and prints them.",
    mixinStandardHelpOptions = true)
public final class ListenCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Map<String, String> environment;

  @Mixin private KeyOptions keys;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8090",
      description = "Of the loopback address; ${DEFAULT-VALUE} unless given, 0 for a free one.")
  private int port;

  /**
   * @param environment where {@code --secret-env} is looked up
   */
  @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
  public ListenCommand(Terminal terminal, Map<String, String> environment) {
    this.terminal = terminal;
    this.environment = environment;
  }

  @Override
  public Integer call() {
    Verifier verifier = keys.verifier(environment, InstantSource.system());
    if (port < 0 || port > 65_535) {
      throw new Complaint("--port is 0 to 65535.");
    }
    Listener listener;
    try {
      listener = Listener.start(port, verifier, terminal);
    } catch (IOException e) {
      throw new Complaint("port " + port + " cannot be listened on; is it taken?", e);
    }
    try (listener) {
      String address = "127.0.0.1:" + listener.port();
      terminal.note("Listening at http://" + address + "/, until Ctrl-C.");
      terminal.note(
          "Attune sends there if its config allows it: webhooks: {allow: [\"" + address + "\"]}");
      return UntilSignal.run(terminal, () -> new CountDownLatch(1).await());
    }
  }
}
