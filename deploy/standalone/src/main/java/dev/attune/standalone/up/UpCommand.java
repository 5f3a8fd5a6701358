package dev.attune.standalone.up;

import dev.attune.platform.log.Logs;
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
  public Integer call() {
    StandaloneConfig config = options.config(StandaloneConfig.DATA_DIR);
    DataDir data = DataDir.open(config.dataDir());
    Logs.toFile(data.log());
    return UntilSignal.run(terminal, () -> up(config, data));
  }

  private void up(StandaloneConfig config, DataDir data) throws InterruptedException {
    try (Standalone standalone = Starting.start(config, data, terminal)) {
      WhereToLook.lines(standalone).forEach(terminal::result);
      terminal.result(
          "Publish definitions with ./attune apply DIR"
              + WhereToLook.serverOption(standalone)
              + "; Ctrl-C stops it.");
      UntilSignal.await(terminal);
    }
  }
}
