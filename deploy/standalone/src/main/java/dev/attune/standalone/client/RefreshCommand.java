package dev.attune.standalone.client;

import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./attune refresh [MODEL]}: exit code 1 when a model was refused or failed. */
@Command(name = "refresh", description = "Loads one warehouse model, or all.")
public final class RefreshCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private Server server = new Server();

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Its name; all models unless given.")
  private @Nullable String model;

  public RefreshCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      var refresh = new ModelRefresh(attune, terminal);
      List<String> models = model == null ? refresh.models() : List.of(model);
      if (models.isEmpty()) {
        throw new Complaint("no model is defined: publish one with ./attune apply DIR.");
      }
      boolean done = true;
      for (String each : models) {
        done &= refresh.run(each);
      }
      return done ? 0 : 1;
    }
  }
}
