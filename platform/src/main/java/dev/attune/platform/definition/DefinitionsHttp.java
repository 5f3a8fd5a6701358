package dev.attune.platform.definition;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Nearest;
import dev.attune.core.webhook.WebhookState;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.platform.kafka.KafkaUnavailableException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * {@code POST /v1/definitions:apply}, {@code GET /v1/definitions}, and {@code POST
 * /v1/audiences/{name}:pause} and {@code :resume}, {@code /v1/webhooks/{name}:pause}, {@code
 * :resume} and {@code :release}.
 */
public final class DefinitionsHttp implements Consumer<HttpRouting.Builder> {
  private static final int PAUSE_BYTES_MAX = 4_096;

  private final DefinitionsPublisher publisher;
  private final DefinitionsFeed feed;
  private final InstantSource clock;

  public DefinitionsHttp(
      DefinitionsPublisher publisher, DefinitionsFeed feed, InstantSource clock) {
    this.publisher = publisher;
    this.feed = feed;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.post("/v1/definitions:apply", OperatorOnly.json(this::apply))
        .post("/v1/audiences/{name}:pause", OperatorOnly.json((q, r) -> pause(q, r, true)))
        .post("/v1/audiences/{name}:resume", OperatorOnly.json((q, r) -> pause(q, r, false)))
        .post(
            "/v1/webhooks/{name}:pause",
            OperatorOnly.json((q, r) -> change(q, r, state -> state.paused(clock.instant()))))
        .post(
            "/v1/webhooks/{name}:resume",
            OperatorOnly.json((q, r) -> change(q, r, state -> state.resumed(clock.instant()))))
        .post(
            "/v1/webhooks/{name}:release",
            OperatorOnly.json((q, r) -> change(q, r, state -> state.released(clock.instant()))))
        .get("/v1/definitions", this::list);
  }

  private void change(
      ServerRequest request, ServerResponse response, UnaryOperator<WebhookState> change) {
    JsonBody.requireKeys(Json.parse(Replies.body(request, PAUSE_BYTES_MAX)), List.of());
    String name = request.path().pathParameters().get("name");
    Optional<WebhookState> state;
    try {
      state = publisher.change(name, change);
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; asking again is safe");
    }
    if (state.isEmpty()) {
      throw HttpProblem.notFound(
          "there is no such webhook" + Nearest.hint(name, feed.current().webhooks().keySet()));
    }
    String label = state.get().status().label();
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", name);
          json.writeStringField("state", label);
          json.writeEndObject();
        });
  }

  private void pause(ServerRequest request, ServerResponse response, boolean paused) {
    JsonBody.requireKeys(Json.parse(Replies.body(request, PAUSE_BYTES_MAX)), List.of());
    String name = request.path().pathParameters().get("name");
    boolean known;
    try {
      known = publisher.pause(name, paused);
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; asking again is safe");
    }
    if (!known) {
      throw HttpProblem.notFound(
          "there is no such audience" + Nearest.hint(name, feed.current().audiences().keySet()));
    }
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("audience", name);
          json.writeBooleanField("paused", paused);
          json.writeEndObject();
        });
  }

  private void apply(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parseLarge(Replies.body(request, HttpServer.BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("files", "prune", "dryRun"));
    boolean prune = JsonBody.bool(body, "prune", false);
    boolean dryRun = JsonBody.bool(body, "dryRun", false);
    Applied applied;
    try {
      applied = publisher.apply(DefinitionFile.list(body), prune, dryRun);
    } catch (DefinitionException e) {
      throw HttpProblem.badRequest("invalid_definition", String.valueOf(e.getMessage()));
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; applying again is safe");
    }
    Replies.json(response, 200, json -> write(json, applied));
  }

  private static void write(JsonGenerator json, Applied applied) throws IOException {
    json.writeStartObject();
    json.writeNumberField("version", applied.version());
    Json.writeTexts(json, "added", applied.added());
    Json.writeTexts(json, "changed", applied.changed());
    Json.writeTexts(json, "unchanged", applied.unchanged());
    Json.writeTexts(json, "removed", applied.removed());
    Json.writeTexts(json, "wouldRemove", applied.wouldRemove());
    Json.writeTexts(json, "warnings", applied.warnings());
    json.writeEndObject();
  }

  private void list(ServerRequest request, ServerResponse response) {
    var stored = new TreeMap<>(feed.stored());
    String problem = feed.lastProblem().orElse("");
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("version", feed.current().version());
          json.writeStringField("problem", problem);
          Json.writeTexts(json, "outdated", new TreeMap<>(feed.current().outdated()).values());
          json.writeArrayFieldStart("definitions");
          for (var definition : stored.values()) {
            json.writeStartObject();
            json.writeStringField("kind", definition.getKind());
            json.writeStringField("id", definition.getId());
            json.writeNumberField("version", definition.getVersion());
            json.writeStringField("path", definition.getPath());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
