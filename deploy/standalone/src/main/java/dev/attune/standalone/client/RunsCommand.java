package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./attune runs}: the runs of warehouse models, watched and steered. */
@Command(
    name = "runs",
    description = "Shows and steers the runs of warehouse models.",
    synopsisSubcommandLabel = "[list | show RUN | pause RUN | resume RUN | cancel RUN]")
public final class RunsCommand implements Callable<Integer> {
  private static final String PATH = "/v1/refreshes";

  private final Terminal terminal;
  @Mixin private Server server = new Server();

  public RunsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    return list(server, "", 20);
  }

  @Command(name = "list", description = "The newest first.", mixinStandardHelpOptions = true)
  int list(
      @Mixin Server server,
      @Option(
              names = "--model",
              paramLabel = "MODEL",
              defaultValue = "",
              description = "Of one model.")
          String model,
      @Option(names = "--limit", defaultValue = "20", description = "At most; ${DEFAULT-VALUE}.")
          int limit)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      String query = model.isEmpty() ? "" : "?model=" + AttuneClient.segment(model);
      JsonNode runs = attune.get(PATH + query).orComplain().path("runs");
      if (runs.isEmpty()) {
        terminal.result("No runs.");
        return 0;
      }
      var table = new Table().row("RUN", "STARTED", "STATE", "WRITTEN", "OF", "MESSAGE");
      for (int i = 0; i < runs.size() && i < limit; i++) {
        JsonNode run = runs.get(i);
        table.row(
            run.path("id").asText(),
            run.path("started_at").asText(),
            run.path("state").asText(),
            run.path("written").asText(),
            run.path("total").asText(),
            run.has("slowed")
                ? "slowed: " + run.path("slowed").asText()
                : run.path("message").asText());
      }
      table.lines().forEach(terminal::result);
      if (runs.size() > limit) {
        terminal.result("There are " + (runs.size() - limit) + " older ones: --limit shows more.");
      }
      return 0;
    }
  }

  @Command(name = "show", description = "One run as it stands.", mixinStandardHelpOptions = true)
  int show(@Mixin Server server, @Parameters(paramLabel = "RUN") String id)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      show(attune.get(path(id)).orComplain());
      return 0;
    }
  }

  @Command(
      name = "pause",
      description = "Stops it after the chunk that it writes, to be resumed.",
      mixinStandardHelpOptions = true)
  int pause(@Mixin Server server, @Parameters(paramLabel = "RUN") String id)
      throws InterruptedException {
    return steer(server, id, "pause", "pauses");
  }

  @Command(
      name = "resume",
      description = "Goes on with a paused one at its checkpoint.",
      mixinStandardHelpOptions = true)
  int resume(@Mixin Server server, @Parameters(paramLabel = "RUN") String id)
      throws InterruptedException {
    return steer(server, id, "resume", "goes on");
  }

  @Command(
      name = "cancel",
      description = "Ends it; what it wrote stays, and the next run takes up the rest.",
      mixinStandardHelpOptions = true)
  int cancel(@Mixin Server server, @Parameters(paramLabel = "RUN") String id)
      throws InterruptedException {
    return steer(server, id, "cancel", "is cancelled");
  }

  private int steer(Server server, String id, String wish, String answer)
      throws InterruptedException {
    try (AttuneClient attune = server.connect()) {
      JsonNode run =
          attune.post(path(id) + "/" + wish, AttuneClient.JSON.createObjectNode()).orComplain();
      terminal.result(run.path("id").asText() + " " + answer + ".");
      return 0;
    }
  }

  private static String path(String id) {
    return PATH + "/" + AttuneClient.segment(id);
  }

  private void show(JsonNode run) {
    var table = new Table();
    table.row("run", run.path("id").asText());
    table.row("model", run.path("model").asText() + " (" + run.path("kind").asText() + ")");
    table.row("asked for", asked(run));
    table.row("started", run.path("started_at").asText());
    if (run.has("ended_at")) {
      table.row("ended", run.path("ended_at").asText());
    }
    String state = run.path("state").asText();
    String detail = RunText.detail(run);
    table.row("state", detail.equals(state) ? state : state + ": " + detail);
    table.row("rows", run.path("rows").asText() + " read; " + RunText.kinds(run));
    table.row("written", run.path("written").asText() + " of " + run.path("total").asText());
    table.row("given up", run.path("bad_rows").asText());
    run.path("overruled").forEach(guard -> table.row("forced", guard.asText()));
    if (!run.path("message").asText().isEmpty()) {
      table.row("message", run.path("message").asText());
    }
    table.lines().forEach(terminal::result);
  }

  private static String asked(JsonNode run) {
    List<String> options = new ArrayList<>();
    for (String option : List.of("dry_run", "full", "force")) {
      if (run.path(option).asBoolean()) {
        options.add(option.replace('_', ' '));
      }
    }
    if (run.has("rollback")) {
      options.add("rollback of " + run.path("rollback").asText());
    }
    return options.isEmpty() ? "what changed" : String.join(", ", options);
  }
}
