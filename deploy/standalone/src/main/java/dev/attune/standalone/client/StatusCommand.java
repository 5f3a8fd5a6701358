package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code ./attune status}: each part, and what it says of itself. Exit code 1 when one is not
 * ready.
 */
@Command(name = "status", description = "Shows each part: up, lag, last refresh, oldest webhook.")
public final class StatusCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private Server server = new Server();

  public StatusCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode status = attune.get("/v1/status").orComplain();
      var table = new Table().row("PART", "STATE", "DETAILS");
      boolean ready = true;
      for (JsonNode part : status.path("parts")) {
        ready &= part.path("ready").asBoolean();
        String state =
            part.path("ready").asBoolean() ? "up" : "not ready: " + part.path("reason").asText();
        table.row(part.path("name").asText(), state, details(part.path("status")));
      }
      table.row("process", "up", details(status.path("process")));
      table.lines().forEach(terminal::result);
      return ready ? 0 : 1;
    }
  }

  private static String details(JsonNode labels) {
    return labels.properties().stream()
        .map(label -> label.getKey() + " " + label.getValue().asText())
        .collect(Collectors.joining(", "));
  }
}
