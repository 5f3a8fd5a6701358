package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune identity split | lift}: an operator's word on who does not belong together. */
@Command(
    name = "identity",
    description = "Says that two identifiers do not belong together, or takes that back.",
    synopsisSubcommandLabel = "(split | lift)")
public final class IdentityCommand implements Runnable {
  private final Terminal terminal;

  public IdentityCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("identity needs one of: split, lift.");
  }

  /** Who does not belong together, and who says so. */
  static final class Word {
    private static final String EACH = "each of the two";

    @Parameters(index = "0", paramLabel = "NAMESPACE:VALUE", description = "e.g. user_id:42.")
    private String one = "";

    @Parameters(
        index = "1",
        paramLabel = "NAMESPACE:VALUE",
        description = "Of the same person, e.g. email:ada@example.org.")
    private String other = "";

    @Option(
        names = "--reason",
        required = true,
        paramLabel = "TEXT",
        description = "Why, in one line; kept with it.")
    private String reason = "";

    @Option(
        names = "--by",
        paramLabel = "NAME",
        description = "Who says so; ${DEFAULT-VALUE} unless given.")
    private String by = System.getProperty("user.name", "");

    ObjectNode body() {
      ObjectNode body = AttuneClient.JSON.createObjectNode();
      body.set("one", Whom.identifier(one, EACH));
      body.set("other", Whom.identifier(other, EACH));
      return body.put("by", by).put("reason", reason);
    }
  }

  @Command(
      name = "split",
      description = "The two become two people's, whatever links them, until it is lifted.",
      mixinStandardHelpOptions = true)
  int split(@Mixin Server server, @Mixin Word word) throws InterruptedException {
    JsonNode done = post(server, "/v1/identity:split", word);
    terminal.result(
        "Split: the first is of profile "
            + profile(done, "profile_id")
            + ", the second of "
            + profile(done, "other_profile_id")
            + ".");
    return 0;
  }

  @Command(
      name = "lift",
      description = "Takes a split back; what links the two counts again.",
      mixinStandardHelpOptions = true)
  int lift(@Mixin Server server, @Mixin Word word) throws InterruptedException {
    JsonNode done = post(server, "/v1/identity:lift", word);
    String one = profile(done, "profile_id");
    String other = profile(done, "other_profile_id");
    terminal.result(
        one.equals(other)
            ? "Lifted: both are of profile " + one + " again."
            : "Lifted; nothing else links the two: the first is of profile "
                + one
                + ", the second of "
                + other
                + ".");
    return 0;
  }

  private static JsonNode post(Server server, String path, Word word) throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      return attune.post(path, word.body()).orComplain();
    }
  }

  private static String profile(JsonNode done, String key) {
    return done.path(key).asText();
  }
}
