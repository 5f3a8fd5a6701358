package dev.attune.refresher.backfill;

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
 * {@code POST /v1/audiences:backfill} with {@code {}}: has all past events that audiences need told
 * again, 202. {@code GET /v1/audiences:backfill}: the backfill that runs or ran last, 404 when
 * there was none: {@code {"state", "audiences", "traits", "started_at", "ended_at", "total",
 * "passed", "told", "slowed", "message"}}; {@code passed} of {@code total} offsets of the log is
 * how far it is.
 *
 * @param backfills of this process
 */
public record BackfillHttp(Backfills backfills) {
  private static final String PATH = "/v1/audiences:backfill";
  private static final int BODY_BYTES_MAX = 4_096;

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post(PATH, OperatorOnly.json(this::again));
    http.get(
        PATH,
        (_, response) -> {
          Backfill last =
              backfills
                  .last()
                  .orElseThrow(
                      () ->
                          new HttpProblem(
                              404,
                              "no_backfill",
                              "there was no backfill since this process started"));
          Replies.json(response, 200, json -> write(json, last));
        });
  }

  private void again(ServerRequest request, ServerResponse response) {
    JsonBody.requireKeys(Json.parse(Replies.body(request, BODY_BYTES_MAX)), List.of());
    backfills.again();
    Replies.json(
        response,
        202,
        json -> {
          json.writeStartObject();
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, Backfill backfill) throws IOException {
    json.writeStartObject();
    json.writeStringField("state", backfill.state().label());
    Json.writeTexts(json, "audiences", backfill.audiences().stream().sorted().toList());
    Json.writeTexts(json, "traits", backfill.traits().stream().sorted().toList());
    json.writeStringField("started_at", backfill.startedAt().toString());
    if (backfill.endedAt().isPresent()) {
      json.writeStringField("ended_at", backfill.endedAt().get().toString());
    }
    json.writeNumberField("total", backfill.total());
    json.writeNumberField("passed", backfill.passed());
    json.writeNumberField("told", backfill.told());
    json.writeStringField("slowed", backfill.slowed());
    json.writeStringField("message", backfill.message());
    json.writeEndObject();
  }
}
