package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StoreConfig;
import dev.attune.standalone.Stores;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./attune store init | rebuild}: what a store needs, and its contents from the log. */
@Command(
    name = "store",
    description = "Creates what a store needs, or fills it from the log.",
    synopsisSubcommandLabel = "(init | rebuild)")
public final class StoreCommand implements Runnable {
  private static final String PATH = "/v1/store:rebuild";
  private static final Duration POLL = Duration.ofMillis(250);

  private final Terminal terminal;

  public StoreCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("store needs one of: init, rebuild.");
  }

  @Command(
      name = "init",
      description = "Creates the tables that the store of a config needs.",
      mixinStandardHelpOptions = true)
  int init(
      @Option(names = "--config", paramLabel = "FILE", description = "YAML; see the README.")
          @Nullable Path config) {
    StoreConfig store;
    try {
      store =
          config == null
              ? new StoreConfig.OwnRedis()
              : StandaloneConfig.read(config, StandaloneConfig.DATA_DIR).store();
    } catch (DefinitionException | IllegalArgumentException e) {
      throw new Complaint(String.valueOf(e.getMessage()), e);
    }
    terminal.result(Stores.init(store));
    return 0;
  }

  @Command(
      name = "rebuild",
      description = "Fills the store from the log, while events go on.",
      mixinStandardHelpOptions = true)
  int rebuild(@Mixin Server server) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode rebuild = attune.post(PATH, AttuneClient.JSON.createObjectNode()).orComplain();
      try (Progress progress = terminal.progress("Rebuilding the store", 0, "records")) {
        while (rebuild.path("state").asText().equals("running")) {
          TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
          rebuild = attune.get(PATH).orComplain();
          progress.total(rebuild.path("total").asLong());
          progress.at(rebuild.path("passed").asLong());
        }
      }
      if (!rebuild.path("state").asText().equals("done")) {
        terminal.note("attune: the rebuild failed: " + rebuild.path("message").asText() + ".");
        return 1;
      }
      long skipped = rebuild.path("skipped").asLong();
      terminal.result(
          "The store is rebuilt: "
              + rebuild.path("written").asLong()
              + " records written, "
              + rebuild.path("merged").asLong()
              + " merged with what came meanwhile"
              + (skipped == 0 ? "." : ", " + skipped + " skipped (see the log)."));
      return 0;
    }
  }
}
