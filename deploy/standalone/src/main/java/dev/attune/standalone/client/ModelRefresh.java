package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
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
  private static final Set<String> ENDED = Set.of("done", "refused", "failed");
  private static final Duration POLL = Duration.ofMillis(250);

  private final AttuneClient attune;
  private final Terminal terminal;

  public ModelRefresh(AttuneClient attune, Terminal terminal) {
    this.attune = attune;
    this.terminal = terminal;
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
    JsonNode run =
        attune.post(PATH, AttuneClient.JSON.createObjectNode().put("model", model)).orComplain();
    try (Progress progress = terminal.progress("Loading " + model, 0, "rows")) {
      while (!ENDED.contains(run.path("state").asText())) {
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        run = attune.get(PATH + "/" + AttuneClient.segment(run.path("id").asText())).orComplain();
        progress.total(run.path("total").asLong());
        progress.at(run.path("written").asLong());
      }
    }
    if (!run.path("state").asText().equals("done")) {
      terminal.note(
          "attune: "
              + model
              + " was "
              + run.path("state").asText()
              + ": "
              + run.path("message").asText());
      return false;
    }
    long bad = run.path("bad_rows").asLong();
    terminal.result(
        model
            + ": "
            + run.path("rows").asLong()
            + " rows, "
            + run.path("written").asLong()
            + " of them new or changed"
            + (bad == 0 ? "." : ", " + bad + " given up (see ./attune dead-letters list)."));
    return true;
  }
}
