package dev.attune.refresher.run;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.refresher.snapshot.RefreshOptions;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Runs over HTTP, in JSON:
 *
 * <ul>
 *   <li>{@code POST /v1/refreshes} with {@code {"model": "customers"}}, and if wanted {@code
 *       "dry_run"}, {@code "full"}, {@code "force"} (booleans) or {@code "rollback"} (a run's id):
 *       202 and the run; 404 for an unknown model, 409 while it runs already, here or in another
 *       process ({@code held_elsewhere}). With a header {@code Idempotency-Key} the same request
 *       again is answered 200 with the run that it started, unless that was refused or failed;
 *       another one with that key 422
 *   <li>{@code GET /v1/refreshes}: {@code {"runs": [...]}}, the newest first; {@code ?model=} of
 *       one model
 *   <li>{@code GET /v1/refreshes/{id}}: the run as it stands
 *   <li>{@code POST /v1/refreshes/{id}/pause}, {@code /resume} and {@code /cancel} with {@code {}}:
 *       202 and the run; 409 when it has ended, does not wait to be resumed, or is under way in
 *       another process
 *   <li>{@code POST /v1/models:check} with {@code {"model": "customers"}}: 200 and {@code {"model",
 *       "state", "message"}}, whose state is what a run would be: {@code ready}, or {@code refused}
 *       or {@code failed}; 404 for an unknown model
 * </ul>
 *
 * <p>A run: {@code {"id", "model", "kind", "state", "started_at", "ended_at", "dry_run", "full",
 * "force", "rollback", "idempotency_key", "rows", "total", "written", "bad_rows", "added",
 * "changed", "removed", "again", "overruled", "differences", "starts", "message"}}; while it is
 * {@code writing}, {@code written} of {@code total} is how far it is, and there are {@code
 * "rows_per_second"}, {@code "seconds_left"} and, while it is made to wait, the reason as {@code
 * "slowed"}. An error: {@code {"code", "message"}}.
 */
public final class RefreshHttp {
  private static final int BODY_BYTES_MAX = 4_096;
  private static final HeaderName KEY = HeaderNames.create("Idempotency-Key");

  private final Refreshes refreshes;

  public RefreshHttp(Refreshes refreshes) {
    this.refreshes = refreshes;
  }

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post("/v1/models:check", OperatorOnly.json(this::check))
        .post("/v1/refreshes", OperatorOnly.json(this::start))
        .get("/v1/refreshes", this::list)
        .get("/v1/refreshes/{id}", this::get)
        .post("/v1/refreshes/{id}/pause", OperatorOnly.json(steer(refreshes::pause)))
        .post("/v1/refreshes/{id}/resume", OperatorOnly.json(steer(refreshes::resume)))
        .post("/v1/refreshes/{id}/cancel", OperatorOnly.json(steer(refreshes::cancel)));
  }

  private void start(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    switch (refreshes.start(request(body, request.headers().first(KEY).orElse("")))) {
      case StartResult.Started started -> reply(response, 202, started.run());
      case StartResult.Known known -> reply(response, 200, known.run());
      case StartResult.KeyReused reused ->
          throw new HttpProblem(
              422,
              "idempotency_key_reused",
              "the key was that of another request, of the run " + reused.run().id());
      case StartResult.AlreadyRunning running ->
          throw new HttpProblem(
              409,
              "already_running",
              "the run "
                  + running.run().id()
                  + " of that model has not ended yet (it is "
                  + running.run().state().label()
                  + ")");
      case StartResult.Held held ->
          throw new HttpProblem(
              409,
              "held_elsewhere",
              held.run().map(run -> "the run " + run.id()).orElse("a run")
                  + " of that model is under way in another process, "
                  + held.holder().told()
                  + "; if that is dead, its lease ends within a minute");
      case StartResult.UnknownModel unknown ->
          throw new HttpProblem(404, "unknown_model", unknown.message());
    }
  }

  private static Request request(JsonNode body, String key) {
    JsonBody.requireKeys(body, List.of("model", "dry_run", "full", "force", "rollback"));
    try {
      return new Request(
          JsonBody.text(body, "model"),
          new RefreshOptions(
              JsonBody.bool(body, "dry_run", false),
              JsonBody.bool(body, "full", false),
              JsonBody.bool(body, "force", false),
              body.has("rollback") ? JsonBody.text(body, "rollback") : ""),
          key);
    } catch (IllegalArgumentException e) {
      throw JsonBody.invalid(String.valueOf(e.getMessage()));
    }
  }

  private void check(ServerRequest request, ServerResponse response) throws InterruptedException {
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("model"));
    String model = JsonBody.text(body, "model");
    switch (refreshes.check(model)) {
      case CheckResult.Ready ready ->
          checked(
              response,
              model,
              "ready",
              ready.origin() + ", " + ready.columns() + " columns are mapped");
      case CheckResult.Refused refused -> checked(response, model, "refused", refused.message());
      case CheckResult.Failed failed -> checked(response, model, "failed", failed.message());
      case CheckResult.UnknownModel unknown ->
          throw new HttpProblem(404, "unknown_model", unknown.message());
    }
  }

  private static void checked(ServerResponse response, String model, String state, String message) {
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("model", model);
          json.writeStringField("state", state);
          json.writeStringField("message", message);
          json.writeEndObject();
        });
  }

  private Handler steer(Function<String, SteerResult> wish) {
    return (request, response) -> {
      JsonBody.requireKeys(Json.parse(Replies.body(request, BODY_BYTES_MAX)), List.of());
      switch (wish.apply(request.path().pathParameters().get("id"))) {
        case SteerResult.Taken taken -> reply(response, 202, taken.run());
        case SteerResult.NotNow not ->
            throw new HttpProblem(409, "not_now", "the run is " + not.run().state().label());
        case SteerResult.Elsewhere elsewhere ->
            throw new HttpProblem(
                409,
                "held_elsewhere",
                "the run is "
                    + elsewhere.run().state().label()
                    + " in another process, "
                    + elsewhere.holder().told()
                    + "; ask that one");
        case SteerResult.Unknown _ -> throw unknownRun();
      }
    };
  }

  private static HttpProblem unknownRun() {
    return new HttpProblem(
        404, "unknown_run", "there is no run with that id, or it is no longer remembered");
  }

  private void list(ServerRequest request, ServerResponse response) {
    String model = request.query().first("model").orElse("");
    List<Run> runs =
        refreshes.list().stream()
            .filter(run -> model.isEmpty() || run.model().equals(model))
            .toList();
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
            .orElseThrow(RefreshHttp::unknownRun);
    reply(response, 200, run);
  }

  private void reply(ServerResponse response, int status, Run run) {
    Replies.json(response, status, json -> write(json, run));
  }

  private void write(JsonGenerator json, Run run) throws IOException {
    json.writeStartObject();
    RunJson.writeFields(json, run);
    Optional<Pace> pace = refreshes.pace(run.id());
    if (pace.isPresent()) {
      json.writeNumberField("rows_per_second", pace.get().rowsPerSecond());
      json.writeNumberField("seconds_left", pace.get().secondsLeft());
    }
    OptionalInt percentRead = refreshes.percentRead(run.id());
    if (percentRead.isPresent()) {
      json.writeNumberField("percent_read", percentRead.getAsInt());
    }
    String slowed = refreshes.slowed(run.id());
    if (!slowed.isEmpty()) {
      json.writeStringField("slowed", slowed);
    }
    json.writeEndObject();
  }
}
