package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./attune refresh [MODEL]}: has warehouse models loaded, and waits for the end. */
@Command(name = "refresh", description = "Loads one warehouse model, or all.")
public final class RefreshCommand implements Callable<Integer> {
  private static final String PATH = "/v1/refreshes";
  private static final Duration POLL = Duration.ofMillis(300);

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
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    if (model != null) {
      request.put("model", model);
    }
    try (AttuneClient attune = server.connect()) {
      int code = 0;
      for (JsonNode run : attune.post(PATH, request).orComplain().path("refreshes")) {
        code = Math.max(code, await(attune, run));
      }
      return code;
    }
  }

  private int await(AttuneClient attune, JsonNode run) throws InterruptedException {
    JsonNode last = run;
    String name = run.path("model").asText();
    try (Progress progress =
        terminal.progress("Loading " + name, run.path("total").asLong(), "rows")) {
      while (last.path("state").asText().equals("running")) {
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        last = attune.get(PATH + "/" + run.path("id").asText()).orComplain();
        progress.at(last.path("done").asLong());
      }
    }
    terminal.result(name + ": " + last.path("message").asText());
    return last.path("state").asText().equals("done") ? 0 : 1;
  }
}
