package dev.attune.standalone.up;

import dev.attune.standalone.DataDir;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.atomic.AtomicInteger;

/** A start that somebody watches. */
public final class Starting {
  private Starting() {}

  /** Starts the system and shows how far it is. */
  public static Standalone start(StandaloneConfig config, DataDir data, Terminal terminal)
      throws InterruptedException {
    if (!config.isLoopback()) {
      terminal.note(
          "Beware: HTTP and gRPC on "
              + config.host()
              + " answer whoever reaches them; nobody is asked"
              + " for a password.");
    }
    try (Progress progress =
        terminal.progress("Starting", Standalone.Step.values().length, "steps")) {
      var done = new AtomicInteger();
      Standalone standalone =
          Standalone.start(config, data, step -> progress.at(done.getAndIncrement(), step.label()));
      progress.at(Standalone.Step.values().length, "ready");
      return standalone;
    }
  }
}
