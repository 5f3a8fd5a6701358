package dev.attune.refresher.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

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
  private static final int BODY_LENGTH_MAX = 4_096;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Refreshes refreshes;

  public RefreshHttp(Refreshes refreshes) {
    this.refreshes = refreshes;
  }

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post("/v1/refreshes", this::start)
        .get("/v1/refreshes", this::list)
        .get("/v1/refreshes/{id}", this::get);
  }

  private void start(ServerRequest request, ServerResponse response) throws IOException {
    JsonNode body;
    try (InputStream in = request.content().inputStream()) {
      byte[] bytes = in.readNBytes(BODY_LENGTH_MAX + 1);
      if (bytes.length > BODY_LENGTH_MAX) {
        error(
            response,
            Status.REQUEST_ENTITY_TOO_LARGE_413,
            "too_large",
            "the body is larger than " + BODY_LENGTH_MAX + " bytes");
        return;
      }
      body = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      error(response, Status.BAD_REQUEST_400, "invalid_json", "the body is not JSON");
      return;
    }
    JsonNode model = body.path("model");
    if (!model.isTextual() || body.size() != 1) {
      error(
          response,
          Status.BAD_REQUEST_400,
          "invalid_request",
          "expected {\"model\": \"<name of a model>\"} and nothing else");
      return;
    }
    switch (refreshes.start(model.textValue())) {
      case StartResult.Started started -> send(response, Status.ACCEPTED_202, json(started.run()));
      case StartResult.AlreadyRunning running ->
          error(
              response,
              Status.CONFLICT_409,
              "already_running",
              "the run " + running.run().id() + " of that model has not ended yet");
      case StartResult.UnknownModel unknown ->
          error(response, Status.NOT_FOUND_404, "unknown_model", unknown.message());
    }
  }

  private void list(ServerRequest request, ServerResponse response) {
    ObjectNode body = JSON.createObjectNode();
    var runs = body.putArray("runs");
    refreshes.list().forEach(run -> runs.add(json(run)));
    send(response, Status.OK_200, body);
  }

  private void get(ServerRequest request, ServerResponse response) {
    refreshes
        .get(request.path().pathParameters().get("id"))
        .ifPresentOrElse(
            run -> send(response, Status.OK_200, json(run)),
            () ->
                error(
                    response,
                    Status.NOT_FOUND_404,
                    "unknown_run",
                    "there is no run with that id, or it is no longer remembered"));
  }

  private static ObjectNode json(Run run) {
    ObjectNode node = JSON.createObjectNode();
    node.put("id", run.id());
    node.put("model", run.model());
    node.put("kind", run.kind());
    node.put("state", run.state().label());
    node.put("started_at", run.startedAt().toString());
    run.endedAt().ifPresent(at -> node.put("ended_at", at.toString()));
    node.put("rows", run.rows());
    node.put("total", run.total());
    node.put("written", run.written());
    node.put("bad_rows", run.badRows());
    node.put("message", run.message());
    return node;
  }

  private static void error(ServerResponse response, Status status, String code, String message) {
    send(response, status, JSON.createObjectNode().put("code", code).put("message", message));
  }

  private static void send(ServerResponse response, Status status, JsonNode body) {
    response
        .status(status)
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
