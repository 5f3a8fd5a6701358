package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./attune webhooks list | log | pause | resume | release | rotate-secret}; the others have
 * classes of their own.
 */
@Command(
    name = "webhooks",
    description = "Shows the webhooks, what waits for them and what was sent, and pauses them.",
    synopsisSubcommandLabel =
        "(list | log | pause | resume | release | rotate-secret | test | listen | verify | resend"
            + " | replay | drain)")
public final class WebhooksCommand implements Runnable {
  private static final String PATH = "/v1/webhooks";

  private static final int ANSWER_SHOWN = 120;

  private final Terminal terminal;

  public WebhooksCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint(
        "webhooks needs one of: list, log, pause, resume, release, rotate-secret, test, listen,"
            + " verify, resend, replay, drain.");
  }

  @Command(
      name = "list",
      description = "All webhooks: whether each is delivered to, and what waits for it.",
      mixinStandardHelpOptions = true)
  int list(@Mixin Server server) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      var table = new Table().row("webhook", "state", "pending", "oldest", "owner", "");
      JsonNode webhooks = attune.get(PATH).orComplain().path("webhooks");
      for (JsonNode webhook : webhooks) {
        table.row(
            webhook.path("name").asText(),
            webhook.path("state").asText(),
            String.valueOf(webhook.path("pending").asLong()),
            webhook.path("oldest_pending_age_seconds").asLong() + " s",
            webhook.path("owner").asText("-"),
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
      case "disabled", "held" -> "since " + since + ": " + reason;
      default ->
          (webhook.has("circuit") ? "circuit " + webhook.path("circuit").asText() + ": " : "")
              + webhook.path("problem").asText();
    };
  }

  @Command(
      name = "log",
      description = "The newest attempts: when, how they ended and what the endpoint answered.",
      mixinStandardHelpOptions = true)
  int log(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.") String webhook,
      @Option(
              names = "--who",
              paramLabel = "NAMESPACE:VALUE",
              description = "Only those about somebody, e.g. user_id:42.")
          @Nullable String who,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "50",
              description = "How many, 1 to 500; ${DEFAULT-VALUE} unless given.")
          int limit,
      @Option(names = "--json", description = "The server's answer on one line, for programs.")
          boolean json)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      String path =
          PATH
              + "/"
              + AttuneClient.segment(webhook)
              + "/attempts?limit="
              + limit
              + about(attune, who);
      JsonNode log = attune.get(path).orComplain();
      if (json) {
        terminal.result(log.toString());
        return 0;
      }
      var table = new Table().row("at", "webhook-id", "attempt", "status", "took", "");
      for (JsonNode attempt : log.path("attempts")) {
        table.row(
            attempt.path("at").asText(),
            attempt.path("webhook_id").asText(),
            attempt.path("number").asText("-"),
            attempt.path("status").asText("-"),
            attempt.path("took_ms").asLong() + " ms",
            ended(attempt));
      }
      if (log.path("attempts").isEmpty()) {
        terminal.result("There are no attempts.");
        return 0;
      }
      table.lines().forEach(terminal::result);
      return 0;
    }
  }

  // Events are told under the profile of the identifier that brought them, transitions under the
  // person's.
  private static String about(AttuneClient attune, @Nullable String who)
      throws InterruptedException {
    if (who == null) {
      return "";
    }
    ObjectNode identifier = Whom.identifier(who, "whom attempts are about");
    ObjectNode lookup = AttuneClient.JSON.createObjectNode();
    lookup.set("identifier", identifier);
    String person =
        attune.post("/v1/profiles:lookup", lookup).orComplain().path("profile_id").asText();
    String ofIdentifier =
        ProfileIds.of(
            new Identifier(
                identifier.path("namespace").asText(), identifier.path("value").asText()));
    return "&profile_id=" + person + "&profile_id=" + ofIdentifier;
  }

  // On one line, whatever was answered.
  private static String ended(JsonNode attempt) {
    String answer = attempt.path("response").asText().replaceAll("\\s+", " ").strip();
    if (answer.isEmpty()) {
      return attempt.path("outcome").asText();
    }
    return attempt.path("outcome").asText()
        + ": "
        + (answer.length() > ANSWER_SHOWN ? answer.substring(0, ANSWER_SHOWN) + "..." : answer);
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

  @Command(
      name = "release",
      description = "Sends what is held because one run moved so much of an audience.",
      mixinStandardHelpOptions = true)
  int release(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.") String webhook)
      throws InterruptedException {
    String state = steer(server, webhook, "release");
    terminal.result(webhook + " is " + state + ".");
    return 0;
  }

  @Command(
      name = "rotate-secret",
      description = "Generates the webhook's secrets anew, and shows them this once.",
      mixinStandardHelpOptions = true)
  int rotateSecret(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.") String webhook,
      @Option(
              names = "--overlap",
              paramLabel = "DURATION",
              defaultValue = "24h",
              description =
                  "How long deliveries are signed with those before, too; ${DEFAULT-VALUE} unless"
                      + " given.")
          String overlap)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode secrets =
          attune
              .post(
                  PATH + "/" + AttuneClient.segment(webhook) + "/secret:rotate",
                  AttuneClient.JSON.createObjectNode().put("overlap", overlap))
              .orComplain()
              .path("secrets");
      for (JsonNode secret : secrets) {
        terminal.result(
            secret.path("scheme").asText()
                + " "
                + secret.path("secret").asText(secret.path("public_key").asText()));
      }
      return 0;
    }
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
