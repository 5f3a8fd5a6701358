package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.client.ModelRefresh.Left;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune refresh [MODEL]}; its exit codes are for schedulers. */
@Command(
    name = "refresh",
    description = "Loads one warehouse model, or all.",
    exitCodeListHeading = "Exit codes, of several models the greatest:%n",
    exitCodeList = {
      "0:done; with --no-wait: started",
      "1:failed, or no Attune answers: worth another try",
      "2:the command was not understood",
      "3:paused by somebody",
      "4:refused: something is wrong with the snapshot, and another try will say the same"
    })
public final class RefreshCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private Server server = new Server();

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "Its name; all models unless given.")
  private @Nullable String model;

  @Option(
      names = "--wait",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Waits for the end, as it does unless told --no-wait.")
  private boolean wait = true;

  @Option(
      names = "--dry-run",
      description = "Only says what a run would write: counts, and which columns differ.")
  private boolean dryRun;

  @Option(
      names = "--check",
      description =
          "Only says whether a run would find its rows and could map them: files, connection,"
              + " permissions, columns. Reads the first rows.")
  private boolean check;

  @Option(names = "--full", description = "Writes every row again, changed or not.")
  private boolean full;

  @Option(
      names = "--force",
      description =
          "Takes a snapshot that a guard of figures would refuse; which one is recorded with the"
              + " run.")
  private boolean force;

  @Option(
      names = "--rollback",
      paramLabel = "RUN",
      description =
          "Makes what was applied before this run the wanted snapshot again. The next refresh reads"
              + " the files again.")
  private String rollback = "";

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      description = "The same request with the same key again starts no second run.")
  private String key = "";

  public RefreshCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (model == null && !(rollback.isEmpty() && key.isEmpty())) {
      throw new Complaint("--rollback and --idempotency-key are of one model: name it.");
    }
    if (check && (dryRun || full || force || !rollback.isEmpty() || !key.isEmpty())) {
      throw new Complaint("--check goes alone: it starts no run.");
    }
    try (AttuneClient attune = server.connect()) {
      var refresh = new ModelRefresh(attune, terminal);
      List<String> models = model == null ? refresh.models() : List.of(model);
      if (models.isEmpty()) {
        throw new Complaint("no model is defined: publish one with ./attune apply DIR.");
      }
      int worst = 0;
      for (String each : models) {
        if (check) {
          worst = Math.max(worst, exitCode(refresh.check(each)));
          continue;
        }
        JsonNode run = refresh.begin(request(each), key);
        worst = Math.max(worst, exitCode(wait ? refresh.wait(run) : refresh.leave(run)));
      }
      return worst;
    }
  }

  private ObjectNode request(String name) {
    ObjectNode request = AttuneClient.JSON.createObjectNode().put("model", name);
    if (dryRun) {
      request.put("dry_run", true);
    }
    if (full) {
      request.put("full", true);
    }
    if (force) {
      request.put("force", true);
    }
    if (!rollback.isEmpty()) {
      request.put("rollback", rollback);
    }
    return request;
  }

  private static int exitCode(Left left) {
    return switch (left) {
      case STARTED, DONE -> 0;
      case FAILED -> 1;
      case PAUSED -> 3;
      case REFUSED -> 4;
    };
  }
}
