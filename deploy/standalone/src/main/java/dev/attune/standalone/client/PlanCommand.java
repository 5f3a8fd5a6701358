package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./attune plan DIR}: who would enter and leave which audience if the definitions in DIR
 * were applied. Changes nothing.
 */
@Command(
    name = "plan",
    description = "Says who would enter and leave audiences if a folder were applied.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:the definitions can be applied",
      "1:they are refused, or no Attune answers",
      "2:the command was not understood",
      "3:with --exit-code: somebody would enter or leave",
      "4:with --exit-code: nobody of those who could be looked at, but not all could"
    })
public final class PlanCommand implements Callable<Integer> {
  private static final String PATH = "/v1/audiences:preview";
  private static final int MOVES = 3;
  private static final int UNKNOWN = 4;

  private final Terminal terminal;
  @Mixin private Server server = new Server();

  @Parameters(
      paramLabel = "DIR",
      description = "Folder with catalog.yaml, models/, audiences/, webhooks/.")
  private Path dir = Path.of("definitions");

  @Option(names = "--prune", description = "As if apply also removed what is not in DIR.")
  private boolean prune;

  @Option(
      names = "--exit-code",
      description = "Exit with 3 when somebody would enter or leave: for checks of changes.")
  private boolean exitCode;

  @Option(names = "--json", description = "The server's answer on one line, for programs.")
  private boolean json;

  public PlanCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ObjectNode request = DefinitionFolder.read(dir, UnaryOperator.identity());
    request.put("prune", prune);
    try (AttuneClient attune = server.connect()) {
      JsonNode plan = attune.post(PATH, request).orComplain();
      if (json) {
        terminal.result(plan.toString());
      } else {
        show(plan);
        DefinitionFolder.warn(terminal, plan);
      }
      if (!exitCode) {
        return 0;
      }
      return moves(plan) ? MOVES : isKnown(plan) ? 0 : UNKNOWN;
    }
  }

  private static boolean moves(JsonNode plan) {
    for (JsonNode audience : plan.path("audiences")) {
      if (audience.path("enter").asLong() + audience.path("leave").asLong() > 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean isKnown(JsonNode plan) {
    for (JsonNode audience : plan.path("audiences")) {
      if (!audience.path("unknown").asText().equals("nothing")) {
        return false;
      }
    }
    return plan.path("all_profiles").asBoolean();
  }

  private void show(JsonNode plan) {
    if (plan.path("audiences").isEmpty()) {
      terminal.result("No audience would change.");
      return;
    }
    var table = new Table();
    table.row("audience", "members", "enter", "leave", "");
    List<String> notes = new ArrayList<>();
    for (JsonNode audience : plan.path("audiences")) {
      String name = audience.path("name").asText();
      table.row(
          name,
          audience.path("members").asText(),
          "+" + audience.path("enter").asText(),
          "-" + audience.path("leave").asText(),
          audience.path("removed").asBoolean() ? "is removed" : "");
      example(notes, name, "would enter", audience.path("entering"));
      example(notes, name, "would leave", audience.path("leaving"));
      String bounded = audience.path("bounded").asText();
      if (!bounded.isEmpty()) {
        notes.add(
            name
                + ": it looks at the "
                + bounded
                + " events of a person that match, and is exact for everybody who has no more.");
      }
      String unknown = unknown(audience.path("unknown").asText());
      if (!unknown.isEmpty()) {
        notes.add(name + ": " + unknown);
      }
      String completeFrom = audience.path("complete_from").asText();
      if (!completeFrom.isEmpty()) {
        notes.add(
            name
                + (completeFrom.equals("never")
                    ? ": it would never know all events that it counts."
                    : ": it would know all events that it counts from " + completeFrom + " on."));
      }
      if (audience.path("state").asText().equals("paused")) {
        notes.add(name + ": it is paused; nobody enters or leaves until it is resumed.");
      }
    }
    table.lines().forEach(terminal::result);
    terminal.result("");
    notes.forEach(terminal::result);
    String profiles = plan.path("profiles").asText();
    terminal.result(looked(plan, profiles) + logged(plan) + " Nothing was changed.");
  }

  private static String looked(JsonNode plan, String profiles) {
    if (plan.path("all_profiles").asBoolean()) {
      return "Of all " + profiles + " profiles.";
    }
    int here = plan.path("partitions").asInt();
    int all = plan.path("all_partitions").asInt();
    return here < all
        ? "Of "
            + profiles
            + " profiles in "
            + here
            + " of "
            + all
            + " partitions: other evaluators have the rest."
        : "Of the first " + profiles + " profiles: there was no time for more.";
  }

  private static String logged(JsonNode plan) {
    if (!plan.has("log")) {
      return "";
    }
    String events = plan.path("log").path("events").asText();
    String from = plan.path("log").path("from").asText();
    return switch (from) {
      case "unknown" -> " The log could not be read for events that were not remembered.";
      case "all" ->
          " The log was read for events that were not remembered: " + events + ", all of it.";
      default ->
          " The log was read for events that were not remembered: "
              + events
              + ", since "
              + from
              + ".";
    };
  }

  private static String unknown(String what) {
    return switch (what) {
      case "events" ->
          "it asks for events that neither have all been remembered nor are all in the log; this counts"
              + " what is known, and once it is applied, those that the log has are told to it before"
              + " anybody moves.";
      case "traits" ->
          "it reads a trait that is declared otherwise; who belongs is known once profiles are folded"
              + " anew.";
      case "table" -> "it asks for a table that the next refresh reads; that decides.";
      case "groups" -> "it asks for traits of groups that no audience asks for yet; those decide.";
      default -> "";
    };
  }

  private static void example(List<String> notes, String name, String what, JsonNode ids) {
    List<String> shown = new ArrayList<>();
    ids.forEach(id -> shown.add(id.asText()));
    if (!shown.isEmpty()) {
      notes.add(name + ": " + what + ", e.g. " + String.join(", ", shown));
    }
  }
}
