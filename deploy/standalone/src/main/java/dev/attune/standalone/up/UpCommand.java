package dev.attune.standalone.up;

import dev.attune.platform.log.Logs;
import dev.attune.platform.shutdown.Shutdown;
import dev.attune.standalone.DataDir;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./attune up}: the system until somebody ends it. */
@Command(name = "up", description = "Starts everything on this machine; state survives a restart.")
public final class UpCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private StartOptions options = new StartOptions();

  public UpCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    StandaloneConfig config = options.config(StandaloneConfig.DATA_DIR);
    DataDir data = DataDir.open(config.dataDir());
    Logs.toFile(data.log());
    var shutdown = new Shutdown();
    shutdown.onSignals();
    try (Standalone standalone = Starting.start(config, data, terminal)) {
      WhereToLook.lines(standalone).forEach(terminal::result);
      terminal.result("Ctrl-C stops it.");
      shutdown.awaitSignal();
      terminal.note("Stopping: what was accepted is finished first.");
    }
    terminal.note("Stopped.");
    return 0;
  }
}
