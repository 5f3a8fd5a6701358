package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./attune webhooks list | pause | resume}. */
@Command(
    name = "webhooks",
    description = "Shows the webhooks and what waits for them, and pauses them.",
    synopsisSubcommandLabel = "(list | pause | resume)")
public final class WebhooksCommand implements Runnable {
  private static final String PATH = "/v1/webhooks";

  private final Terminal terminal;

  public WebhooksCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("webhooks needs one of: list, pause, resume.");
  }

  @Command(
      name = "list",
      description = "All webhooks: whether each is delivered to, and what waits for it.",
      mixinStandardHelpOptions = true)
  int list(@Mixin Server server) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      var table = new Table().row("webhook", "state", "pending", "oldest", "");
      JsonNode webhooks = attune.get(PATH).orComplain().path("webhooks");
      for (JsonNode webhook : webhooks) {
        table.row(
            webhook.path("name").asText(),
            webhook.path("state").asText(),
            String.valueOf(webhook.path("pending").asLong()),
            webhook.path("oldest_pending_age_seconds").asLong() + " s",
            remark(webhook));
      }
      if (webhooks.isEmpty()) {
        terminal.result("There are no webhooks.");
        return 0;
      }
      table.lines().forEach(terminal::result);
      return 0;
    }
  }

  private static String remark(JsonNode webhook) {
    String since = webhook.path("since").asText();
    String reason = webhook.path("reason").asText();
    return switch (webhook.path("state").asText()) {
      case "paused" -> "since " + since;
      case "disabled" -> "since " + since + ": " + reason;
      default ->
          (webhook.has("circuit") ? "circuit " + webhook.path("circuit").asText() + ": " : "")
              + webhook.path("problem").asText();
    };
  }

  @Command(
      name = "pause",
      description = "Its deliveries wait until it is resumed.",
      mixinStandardHelpOptions = true)
  int pause(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.") String webhook)
      throws InterruptedException {
    String state = steer(server, webhook, "pause");
    terminal.result(webhook + " is " + state + ".");
    return 0;
  }

  @Command(
      name = "resume",
      description = "Sends what waited while it was paused or disabled.",
      mixinStandardHelpOptions = true)
  int resume(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.") String webhook)
      throws InterruptedException {
    String state = steer(server, webhook, "resume");
    terminal.result(webhook + " is " + state + ".");
    return 0;
  }

  // The state afterwards: a pause of one that is disabled leaves it so.
  private static String steer(Server server, String webhook, String how)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      return attune
          .post(
              PATH + "/" + AttuneClient.segment(webhook) + ":" + how,
              AttuneClient.JSON.createObjectNode())
          .orComplain()
          .path("state")
          .asText();
    }
  }
}
