package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune audiences list | explain | pause | resume | backfill}. */
@Command(
    name = "audiences",
    description =
        "Shows the audiences and why somebody belongs to one or does not, and pauses them.",
    synopsisSubcommandLabel = "(list | explain | pause | resume | backfill)")
public final class AudiencesCommand implements Runnable {
  private static final String PATH = "/v1/audiences";

  private final Terminal terminal;

  public AudiencesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("audiences needs one of: list, explain, pause, resume, backfill.");
  }

  @Command(
      name = "list",
      description = "All audiences: how many members each has, and how many entered and exited.",
      mixinStandardHelpOptions = true)
  int list(@Mixin Server server) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      var table = new Table().row("audience", "state", "members", "entered", "exited", "");
      JsonNode audiences = attune.get(PATH).orComplain().path("audiences");
      for (JsonNode audience : audiences) {
        table.row(
            audience.path("name").asText(),
            audience.path("state").asText("?"),
            audience.path("members").asText("?"),
            "+" + audience.path("entered").asLong(),
            "-" + audience.path("exited").asLong(),
            remark(audience));
      }
      if (audiences.isEmpty()) {
        terminal.result("There are no audiences.");
        return 0;
      }
      table.lines().forEach(terminal::result);
      return 0;
    }
  }

  // What it is, behind what has to be known of its answers.
  private static String remark(JsonNode audience) {
    List<String> remarks = new ArrayList<>();
    String from = audience.path("complete_from").asText("");
    if (from.equals("never")) {
      remarks.add("misses events from before the log begins");
    } else if (!from.isEmpty()) {
      remarks.add("complete from " + from.replaceFirst("\\.\\d+Z", "Z"));
    }
    remarks.add(audience.path("bounded").asText());
    remarks.add(audience.path("description").asText());
    remarks.removeIf(String::isEmpty);
    return String.join("; ", remarks);
  }

  @Command(
      name = "pause",
      description = "Keeps everybody where they are: nobody enters or leaves until it is resumed.",
      mixinStandardHelpOptions = true)
  int pause(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "AUDIENCE", description = "e.g. frequent-buyers.")
          String audience)
      throws InterruptedException {
    steer(server, audience, "pause");
    terminal.result(audience + " is paused.");
    return 0;
  }

  @Command(
      name = "resume",
      description = "Ends a pause: who ought to be in it by now enters, who ought not leaves.",
      mixinStandardHelpOptions = true)
  int resume(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "AUDIENCE", description = "e.g. frequent-buyers.")
          String audience)
      throws InterruptedException {
    steer(server, audience, "resume");
    terminal.result(audience + " goes on.");
    return 0;
  }

  @Command(
      name = "backfill",
      description =
          "Tells all past events that audiences need again: for an evaluator that lost its states.",
      mixinStandardHelpOptions = true)
  int backfill(@Mixin Server server) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      attune.post(PATH + ":backfill", AttuneClient.JSON.createObjectNode()).orComplain();
      terminal.result("Past events are told again; ./attune audiences list shows the states.");
      return 0;
    }
  }

  private static void steer(Server server, String audience, String how)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      attune
          .post(
              PATH + "/" + AttuneClient.segment(audience) + ":" + how,
              AttuneClient.JSON.createObjectNode())
          .orComplain();
    }
  }

  @Command(
      name = "explain",
      description = "Why somebody belongs to an audience or does not, condition by condition.",
      mixinStandardHelpOptions = true)
  int explain(
      @Mixin Server server,
      @Parameters(index = "0", paramLabel = "AUDIENCE", description = "e.g. frequent-buyers.")
          String audience,
      @Parameters(index = "1", paramLabel = "NAMESPACE:VALUE", description = "e.g. user_id:42.")
          String who,
      @Option(names = "--json", description = "The server's answer on one line, for programs.")
          boolean json)
      throws InterruptedException {
    ObjectNode lookup = AttuneClient.JSON.createObjectNode();
    lookup.set("identifier", Whom.identifier(who, "whom to explain"));
    try (AttuneClient attune = server.connect()) {
      String id =
          attune.post("/v1/profiles:lookup", lookup).orComplain().path("profile_id").asText();
      JsonNode explained =
          attune
              .get(PATH + "/" + AttuneClient.segment(audience) + "/explain?profile_id=" + id)
              .orComplain();
      if (json) {
        terminal.result(explained.toString());
      } else {
        ExplanationText.lines(explained).forEach(terminal::result);
      }
      return 0;
    }
  }
}
