package dev.attune.refresher.run;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;

/**
 * Runs over HTTP, in JSON:
 *
 * <ul>
 *   <li>{@code POST /v1/refreshes} with {@code {"model": "customers"}}: 202 and the run; 404 for an
 *       unknown model, 409 while it runs already
 *   <li>{@code GET /v1/refreshes}: {@code {"runs": [...]}}, the newest first
 *   <li>{@code GET /v1/refreshes/{id}}: the run as it stands
 * </ul>
 *
 * <p>A run: {@code {"id", "model", "kind", "state", "started_at", "ended_at", "rows", "total",
 * "written", "bad_rows", "message"}}; while it is {@code writing}, {@code written} of {@code total}
 * is how far it is. An error: {@code {"code", "message"}}.
 */
public final class RefreshHttp {
  private static final int BODY_BYTES_MAX = 4_096;

  private final Refreshes refreshes;

  public RefreshHttp(Refreshes refreshes) {
    this.refreshes = refreshes;
  }

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post("/v1/refreshes", OperatorOnly.json(this::start))
        .get("/v1/refreshes", this::list)
        .get("/v1/refreshes/{id}", this::get);
  }

  private void start(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("model"));
    switch (refreshes.start(JsonBody.text(body, "model"))) {
      case StartResult.Started started ->
          Replies.json(response, 202, json -> write(json, started.run()));
      case StartResult.AlreadyRunning running ->
          throw new HttpProblem(
              409,
              "already_running",
              "the run " + running.run().id() + " of that model has not ended yet");
      case StartResult.UnknownModel unknown ->
          throw new HttpProblem(404, "unknown_model", unknown.message());
    }
  }

  private void list(ServerRequest request, ServerResponse response) {
    List<Run> runs = refreshes.list();
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("runs");
          for (Run run : runs) {
            write(json, run);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void get(ServerRequest request, ServerResponse response) {
    Run run =
        refreshes
            .get(request.path().pathParameters().get("id"))
            .orElseThrow(
                () ->
                    new HttpProblem(
                        404,
                        "unknown_run",
                        "there is no run with that id, or it is no longer remembered"));
    Replies.json(response, 200, json -> write(json, run));
  }

  private static void write(JsonGenerator json, Run run) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", run.id());
    json.writeStringField("model", run.model());
    json.writeStringField("kind", run.kind());
    json.writeStringField("state", run.state().label());
    json.writeStringField("started_at", run.startedAt().toString());
    if (run.endedAt().isPresent()) {
      json.writeStringField("ended_at", run.endedAt().get().toString());
    }
    json.writeNumberField("rows", run.rows());
    json.writeNumberField("total", run.total());
    json.writeNumberField("written", run.written());
    json.writeNumberField("bad_rows", run.badRows());
    json.writeStringField("message", run.message());
    json.writeEndObject();
  }
}
