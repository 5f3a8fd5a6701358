package dev.attune.standalone.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune dead-letters}: what could not be processed, and another try for it. */
@Command(
    name = "dead-letters",
    description = "Shows and replays what could not be processed.",
    synopsisSubcommandLabel = "(list | show ID | replay ID... | replay --all)")
public final class DeadLettersCommand implements Runnable {
  private static final String PATH = "/v1/dead-letters";

  private final Terminal terminal;

  public DeadLettersCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("dead-letters needs one of: list, show ID, replay ID..., replay --all.");
  }

  @Command(name = "list", description = "The newest first.", mixinStandardHelpOptions = true)
  int list(
      @Mixin Server server,
      @Option(names = "--limit", description = "1 to 1000; ${DEFAULT-VALUE}.", defaultValue = "100")
          int limit)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode reply = attune.get(PATH + "?limit=" + limit).orComplain();
      JsonNode letters = reply.path("deadLetters");
      if (letters.isEmpty()) {
        terminal.result("No dead letters.");
        return 0;
      }
      var table = new Table().row("ID", "AT", "PART", "STATE", "REASON");
      for (JsonNode letter : letters) {
        table.row(
            letter.path("id").asText(),
            letter.path("at").asText(),
            letter.path("part").asText(),
            letter.path("replayed").asBoolean() ? "replayed" : "open",
            letter.path("reason").asText());
      }
      table.lines().forEach(terminal::result);
      terminal.result(summary(reply, letters.size()));
      return 0;
    }
  }

  private static String summary(JsonNode reply, int shown) {
    var summary = new StringBuilder().append(reply.path("open").asLong()).append(" are open.");
    if (reply.path("more").asBoolean()) {
      summary
          .append(" There are older ones than these ")
          .append(shown)
          .append(": --limit shows up to 1000.");
    }
    long dropped = reply.path("dropped").asLong();
    if (dropped > 0) {
      summary.append(" The oldest ").append(dropped).append(" are only in Kafka by now.");
    }
    return summary.toString();
  }

  @Command(
      name = "show",
      description = "One letter, content included.",
      mixinStandardHelpOptions = true)
  int show(@Mixin Server server, @Parameters(paramLabel = "ID") String id)
      throws JsonProcessingException, InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode letter = attune.get(PATH + "/" + AttuneClient.segment(id)).orComplain();
      terminal.result(
          AttuneClient.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(letter));
      return 0;
    }
  }

  @Command(
      name = "replay",
      description = "Has them processed again.",
      mixinStandardHelpOptions = true)
  int replay(
      @Mixin Server server,
      @Parameters(arity = "0..*", paramLabel = "ID") List<String> ids,
      @Option(names = "--all", description = "Every letter that was not replayed yet.") boolean all)
      throws InterruptedException {
    if (all != (ids == null || ids.isEmpty())) {
      throw new Complaint("replay needs either the ids of letters or --all.");
    }
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    if (all) {
      request.put("all", true);
    } else {
      ArrayNode array = request.putArray("ids");
      ids.forEach(array::add);
    }
    try (AttuneClient attune = server.connect()) {
      JsonNode replayed = attune.post(PATH + ":replay", request).orComplain();
      JsonNode skipped = replayed.path("skipped");
      for (JsonNode letter : skipped) {
        terminal.note(letter.path("id").asText() + ": " + letter.path("reason").asText() + ".");
      }
      terminal.result(
          "Replayed "
              + replayed.path("replayed").size()
              + "; "
              + replayed.path("open").asLong()
              + " are still open.");
      return skipped.isEmpty() ? 0 : 1;
    }
  }
}
