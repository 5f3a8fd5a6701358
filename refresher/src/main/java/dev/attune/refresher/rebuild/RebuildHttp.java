package dev.attune.refresher.rebuild;

import com.fasterxml.jackson.core.JsonGenerator;
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
 * Rebuilds over HTTP, for operators.
 *
 * <ul>
 *   <li>{@code POST /v1/store:rebuild} with {@code {}}: 202 and the rebuild, 409 while one runs
 *   <li>{@code GET /v1/store:rebuild}: the one that runs or ran last, 404 when there was none
 * </ul>
 *
 * <p>A rebuild: {@code {"state", "started_at", "ended_at", "total", "passed", "written", "merged",
 * "skipped", "message"}}; {@code passed} of {@code total} offsets of the log is how far it is. An
 * error: {@code {"code", "message"}}.
 */
public final class RebuildHttp {
  private static final String PATH = "/v1/store:rebuild";
  private static final int BODY_BYTES_MAX = 4_096;

  private final Rebuilds rebuilds;

  public RebuildHttp(Rebuilds rebuilds) {
    this.rebuilds = rebuilds;
  }

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post(PATH, OperatorOnly.json(this::start)).get(PATH, this::get);
  }

  private void start(ServerRequest request, ServerResponse response) {
    JsonBody.requireKeys(Json.parse(Replies.body(request, BODY_BYTES_MAX)), List.of());
    Rebuild begun =
        rebuilds
            .begin()
            .orElseThrow(
                () ->
                    new HttpProblem(409, "already_running", "a rebuild of the store runs already"));
    Replies.json(response, 202, json -> write(json, begun));
  }

  private void get(ServerRequest request, ServerResponse response) {
    Rebuild last =
        rebuilds
            .last()
            .orElseThrow(
                () ->
                    new HttpProblem(
                        404, "no_rebuild", "there was no rebuild since this process started"));
    Replies.json(response, 200, json -> write(json, last));
  }

  private static void write(JsonGenerator json, Rebuild rebuild) throws IOException {
    json.writeStartObject();
    json.writeStringField("state", rebuild.state().label());
    json.writeStringField("started_at", rebuild.startedAt().toString());
    if (rebuild.endedAt().isPresent()) {
      json.writeStringField("ended_at", rebuild.endedAt().get().toString());
    }
    json.writeNumberField("total", rebuild.total());
    json.writeNumberField("passed", rebuild.passed());
    json.writeNumberField("written", rebuild.written());
    json.writeNumberField("merged", rebuild.merged());
    json.writeNumberField("skipped", rebuild.skipped());
    json.writeStringField("message", rebuild.message());
    json.writeEndObject();
  }
}
