package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./attune webhooks test WEBHOOK}: a sample of each thing that it wants. */
@Command(
    name = "test",
    description = "Sends a signed sample of each thing that a webhook wants, about nobody.",
    mixinStandardHelpOptions = true)
public final class WebhookTestCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private Server server;

  @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.")
  private String webhook;

  @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
  public WebhookTestCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode samples =
          attune
              .post(
                  "/v1/webhooks/" + AttuneClient.segment(webhook) + ":test",
                  AttuneClient.JSON.createObjectNode())
              .orComplain()
              .path("samples");
      boolean taken = true;
      for (JsonNode sample : samples) {
        taken &= sample.path("delivered").asBoolean();
        terminal.result(
            sample.path("type").asText()
                + ": "
                + sample.path("outcome").asText()
                + (sample.has("status") ? ", HTTP " + sample.path("status").asText() : "")
                + ", "
                + sample.path("took_ms").asLong()
                + " ms, "
                + sample.path("webhook_id").asText());
        String response = sample.path("response").asText();
        if (!response.isEmpty()) {
          response.lines().forEach(line -> terminal.result("  " + line));
        }
      }
      return taken ? 0 : 1;
    }
  }
}
