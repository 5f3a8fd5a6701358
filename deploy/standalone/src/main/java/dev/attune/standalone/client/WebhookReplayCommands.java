package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune webhooks resend | replay | drain}: what was sent, or given up, once more. */
public final class WebhookReplayCommands {
  private WebhookReplayCommands() {}

  /** Adds them to {@code webhooks}. */
  public static CommandLine addTo(CommandLine webhooks, Terminal terminal) {
    return webhooks
        .addSubcommand(new Resend(terminal))
        .addSubcommand(new Replay(terminal))
        .addSubcommand(new Drain(terminal));
  }

  private static JsonNode ask(Server server, String webhook, String what, ObjectNode body)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      return attune
          .post("/v1/webhooks/" + AttuneClient.segment(webhook) + ":" + what, body)
          .orComplain();
    }
  }

  private static void said(Terminal terminal, boolean yes, String found, String sent) {
    terminal.result(yes ? sent : found + " Nothing was sent: --yes sends them.");
  }

  @Command(
      name = "resend",
      description = "Sends one delivery again, with its id and body.",
      mixinStandardHelpOptions = true)
  static final class Resend implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private Server server;

    @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.")
    private String webhook;

    @Parameters(
        index = "1",
        paramLabel = "WEBHOOK-ID",
        description = "As the log shows it: msg_..., of the last 7 days.")
    private String id;

    @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
    Resend(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      ask(server, webhook, "resend", AttuneClient.JSON.createObjectNode().put("webhook_id", id));
      terminal.result("It is sent again; webhooks log " + webhook + " shows how that ends.");
      return 0;
    }
  }

  @Command(
      name = "replay",
      description =
          "Sends again what was rendered for a webhook in a time, or what is true of it now;"
              + " counts it without --yes.",
      mixinStandardHelpOptions = true)
  static final class Replay implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private Server server;

    @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.")
    private String webhook;

    @Option(
        names = "--from",
        paramLabel = "TIME",
        required = true,
        description = "e.g. 2026-03-01T10:00:00Z, at most 7 days ago.")
    private String from;

    @Option(names = "--to", paramLabel = "TIME", description = "Now unless given.")
    private @Nullable String to;

    @Option(
        names = "--mode",
        paramLabel = "MODE",
        defaultValue = "as-was",
        description =
            "as-was: with the same ids and bodies. as-now: what is true now, once. only-diff: of"
                + " that what the endpoint does not have.")
    private String mode;

    @Option(names = "--yes", description = "Sends them.")
    private boolean yes;

    @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
    Replay(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      ObjectNode body =
          AttuneClient.JSON
              .createObjectNode()
              .put("from", from)
              .put("mode", mode)
              .put("dry_run", !yes);
      if (to != null) {
        body.put("to", to);
      }
      JsonNode found = ask(server, webhook, "replay", body);
      String counts =
          found.path("deliveries").asLong()
              + " deliveries about "
              + found.path("people").asLong()
              + " people";
      if (found.path("too_many").asBoolean()) {
        terminal.result("These are too many for one replay: ask for a shorter time.");
        return 1;
      }
      found
          .path("skipped")
          .properties()
          .forEach(
              reason ->
                  terminal.result(
                      "Not sent: "
                          + reason.getValue().asLong()
                          + " "
                          + why(reason.getKey())
                          + "."));
      said(terminal, yes, "These are " + counts + ".", "Sent again: " + counts + ".");
      return 0;
    }
  }

  private static String why(String reason) {
    return switch (reason) {
      case "events" -> "of what happened, which has no now; as-was sends it again";
      case "erased" -> "about people of whom nothing is known any more";
      case "merged" -> "about profiles that were merged into others";
      case "unwanted" -> "that the webhook does not want any more";
      case "unreadable" -> "about profiles that do not parse";
      case "same" -> "that the endpoint has as it is";
      default -> reason;
    };
  }

  @Command(
      name = "drain",
      description = "Puts a webhook's dead letters back into delivery; counts them without --yes.",
      mixinStandardHelpOptions = true)
  static final class Drain implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private Server server;

    @Parameters(index = "0", paramLabel = "WEBHOOK", description = "e.g. crm.")
    private String webhook;

    @Option(names = "--yes", description = "Sends them.")
    private boolean yes;

    @SuppressWarnings("NullAway.Init") // picocli fills the fields in.
    Drain(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
      JsonNode found =
          ask(server, webhook, "drain", AttuneClient.JSON.createObjectNode().put("dry_run", !yes));
      long letters = found.path("dead_letters").asLong();
      said(
          terminal,
          yes,
          "These are " + letters + " dead letters.",
          "Put back: " + letters + " dead letters.");
      return 0;
    }
  }
}
