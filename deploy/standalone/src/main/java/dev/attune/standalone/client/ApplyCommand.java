package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ./attune apply DIR}: publishes definitions; removes what is not in DIR only when asked to.
 */
@Command(name = "apply", description = "Publishes the definitions in a folder.")
public final class ApplyCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private Server server = new Server();

  @Parameters(
      paramLabel = "DIR",
      description = "Folder with catalog.yaml, models/, audiences/, webhooks/.")
  private Path dir = Path.of("definitions");

  @Option(
      names = "--prune",
      description = "Also remove what is not in DIR, after showing what would go.")
  private boolean prune;

  @Option(names = "--yes", description = "Prune without asking.")
  private boolean yes;

  @Option(names = "--dry-run", description = "Show what would change, change nothing.")
  private boolean dryRun;

  public ApplyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    ObjectNode request = DefinitionFolder.read(dir, UnaryOperator.identity());
    request.put("prune", prune).put("dryRun", true);
    try (AttuneClient attune = server.connect()) {
      JsonNode plan = attune.post(DefinitionFolder.PATH, request).orComplain();
      int going = show(plan);
      if (dryRun) {
        terminal.result("A dry run: nothing was changed.");
        return 0;
      }
      if (prune && going > 0 && !yes && !terminal.confirm("Remove what is listed above?")) {
        throw new Complaint("nothing was changed; say --yes to remove what is listed above.");
      }
      request.put("dryRun", false);
      JsonNode applied = attune.post(DefinitionFolder.PATH, request).orComplain();
      terminal.result("The definitions are at version " + applied.path("version").asLong() + ".");
      return 0;
    }
  }

  /** Lists what differs, and returns how many definitions are not in the folder. */
  private int show(JsonNode plan) {
    plan.path("added").forEach(name -> terminal.result("+ " + name.asText()));
    plan.path("changed").forEach(name -> terminal.result("~ " + name.asText()));
    JsonNode missing = plan.path("wouldRemove");
    missing.forEach(
        name -> terminal.result("- " + name.asText() + (prune ? "" : " (stays: no --prune)")));
    terminal.result(
        plan.path("added").size()
            + " new, "
            + plan.path("changed").size()
            + " changed, "
            + plan.path("unchanged").size()
            + " unchanged, "
            + missing.size()
            + " not in "
            + dir
            + ".");
    DefinitionFolder.warn(terminal, plan);
    return missing.size();
  }
}
