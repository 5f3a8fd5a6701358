package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Has warehouse models loaded and shows how far they are. */
public final class ModelRefresh {
  private static final String PATH = "/v1/refreshes";
  private static final Set<String> ENDED = Set.of("done", "refused", "failed", "paused");
  private static final Duration POLL = Duration.ofMillis(250);

  private final AttuneClient attune;
  private final Terminal terminal;

  public ModelRefresh(AttuneClient attune, Terminal terminal) {
    this.attune = attune;
    this.terminal = terminal;
  }

  /** How a run stands when it is left. */
  enum Left {
    STARTED,
    DONE,
    REFUSED,
    FAILED,
    PAUSED
  }

  /** The names of all models that are defined. */
  List<String> models() throws InterruptedException {
    List<String> models = new ArrayList<>();
    for (JsonNode definition : attune.get("/v1/definitions").orComplain().path("definitions")) {
      if (definition.path("kind").asText().equals("model")) {
        models.add(definition.path("id").asText());
      }
    }
    return models;
  }

  /** Loads a model and waits for the end; true when all of it is applied. */
  public boolean run(String model) throws InterruptedException {
    return wait(begin(AttuneClient.JSON.createObjectNode().put("model", model), "")) == Left.DONE;
  }

  /**
   * Starts a run.
   *
   * @param request the body of {@code POST /v1/refreshes}
   * @param key so that the same request again starts no second run; empty: none
   */
  JsonNode begin(ObjectNode request, String key) throws InterruptedException {
    return attune.post(PATH, request, key).orComplain();
  }

  /** Has a model's source looked at, and says in one line what was found. */
  Left check(String model) throws InterruptedException {
    JsonNode answer =
        attune
            .post("/v1/models:check", AttuneClient.JSON.createObjectNode().put("model", model))
            .orComplain();
    String message = answer.path("message").asText();
    return switch (answer.path("state").asText()) {
      case "ready" -> {
        terminal.result(model + ": ready (" + message + ").");
        yield Left.DONE;
      }
      case "refused" -> {
        terminal.note("attune: " + model + " would be refused: " + message);
        yield Left.REFUSED;
      }
      default -> {
        terminal.note("attune: " + model + " would fail: " + message);
        yield Left.FAILED;
      }
    };
  }

  /** Says which run was started. */
  Left leave(JsonNode run) {
    terminal.result(
        run.path("model").asText() + ": run " + run.path("id").asText() + " is started.");
    return Left.STARTED;
  }

  /** Waits for a run to end or to pause, and says how it did. */
  Left wait(JsonNode begun) throws InterruptedException {
    JsonNode run = begun;
    String model = run.path("model").asText();
    try (Progress progress = terminal.moving("Loading", model, "rows")) {
      while (!ENDED.contains(run.path("state").asText())) {
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        run = attune.get(PATH + "/" + AttuneClient.segment(run.path("id").asText())).orComplain();
        progress.total(run.path("total").asLong());
        progress.detail(RunText.detail(run), RunText.brief(run));
        progress.at(run.path("written").asLong());
      }
    }
    for (JsonNode guard : run.path("overruled")) {
      terminal.note("attune: forced: " + guard.asText() + ".");
    }
    return switch (run.path("state").asText()) {
      case "done" -> {
        if (run.path("dry_run").asBoolean()) {
          showDifferences(model, run);
        } else {
          showDone(model, run);
        }
        yield Left.DONE;
      }
      case "refused" -> complain(model, run, Left.REFUSED);
      case "paused" -> complain(model, run, Left.PAUSED);
      default -> complain(model, run, Left.FAILED);
    };
  }

  private Left complain(String model, JsonNode run, Left left) {
    String message = run.path("message").asText();
    terminal.note(
        "attune: "
            + model
            + " was "
            + run.path("state").asText()
            + (message.isEmpty() ? "" : ": " + message));
    return left;
  }

  private void showDone(String model, JsonNode run) {
    long bad = run.path("bad_rows").asLong();
    terminal.result(
        model
            + ": "
            + run.path("rows").asLong()
            + " rows, "
            + run.path("written").asLong()
            + " of them new or changed"
            + (bad == 0 ? "." : ", " + bad + " given up (see ./attune dead-letters list)."));
  }

  private void showDifferences(String model, JsonNode run) {
    terminal.result(
        "%s: %d rows; a run would write %s, and give up %d."
            .formatted(
                model,
                run.path("rows").asLong(),
                RunText.kinds(run),
                run.path("bad_rows").asLong()));
    JsonNode differences = run.path("differences");
    for (var cell : differences.path("cells").properties()) {
      terminal.result("  " + cell.getKey() + " differs in " + cell.getValue().asLong() + " rows");
    }
    for (JsonNode sample : differences.path("samples")) {
      List<String> cells = new ArrayList<>();
      sample.path("cells").forEach(cell -> cells.add(cell.asText()));
      terminal.result(
          "  e.g. "
              + sample.path("kind").asText()
              + ": key digest "
              + sample.path("key_digest").asText()
              + (cells.isEmpty() ? "" : " (" + String.join(", ", cells) + ")"));
    }
  }
}
