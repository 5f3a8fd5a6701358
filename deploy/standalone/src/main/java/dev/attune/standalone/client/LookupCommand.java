package dev.attune.standalone.client;

import dev.attune.standalone.terminal.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune lookup user_id:42}. */
@Command(name = "lookup", description = "Shows the profile of one person.")
public final class LookupCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private Server server = new Server();

  @Parameters(
      paramLabel = "NAMESPACE:VALUE",
      description = "Whom, e.g. user_id:42 or email:ada@example.com.")
  private String who = "";

  @Option(
      names = "--view",
      paramLabel = "NAME",
      description = "What a view of the definitions shows, e.g. product-page.")
  private String view = "";

  @Option(
      names = "--fields",
      paramLabel = "FIELD",
      split = ",",
      description = "Some of identifiers, traits, audiences and traits.NAME, with commas between.")
  private List<String> fields = List.of();

  @Option(names = "--json", description = "The server's answer on one line, for programs.")
  private boolean json;

  public LookupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    var body = AttuneClient.JSON.createObjectNode();
    body.set("identifier", Whom.identifier(who, "whom to look up"));
    if (!view.isEmpty()) {
      body.put("view", view);
    }
    if (!fields.isEmpty()) {
      var named = body.putArray("fields");
      fields.forEach(named::add);
    }
    try (AttuneClient attune = server.connect()) {
      var profile = attune.post("/v1/profiles:lookup", body).orComplain();
      if (json) {
        terminal.result(profile.toString());
      } else {
        boolean whole = view.isEmpty() && fields.isEmpty();
        (whole ? ProfileText.lines(profile) : ProfileText.selectedLines(profile))
            .forEach(terminal::result);
      }
      return 0;
    }
  }
}
