package dev.attune.dispatcher.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.dispatcher.send.SealingKeys;
import dev.attune.platform.definition.DefinitionEdits;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Definition;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * {@code PUT /v1/webhooks/{name}} defines a webhook of the API's own, {@code GET
 * /v1/webhooks/{name}/definition} answers with what was put, and {@code DELETE /v1/webhooks/{name}}
 * removes it; deliveries that wait for it stay. The body is what a file of {@code webhooks/} holds,
 * as JSON. {@code ETag} is the version; {@code If-Match} and {@code If-None-Match: *} are heard. A
 * webhook that a file defines is answered with 409.
 *
 * <p>{@code POST /v1/webhooks/{name}/secret:rotate}, with {@code {"overlap":"24h"}} or {@code {}},
 * generates the secrets of a webhook anew, whoever owns it. The answers to it, and to a {@code PUT}
 * that generates some, are the only ones that hold them.
 */
public final class WebhookEditsHttp implements Consumer<HttpRouting.Builder> {
  private static final int BODY_BYTES_MAX = 64 << 10;

  private static final Duration OVERLAP = Duration.ofHours(24);
  private static final Duration OVERLAP_MAX = Duration.ofDays(30);

  private final DefinitionEdits edits;
  private final WebhookEdits webhooks;

  /**
   * @param keys that generated secrets are kept with
   */
  public WebhookEditsHttp(DefinitionEdits edits, SealingKeys keys, InstantSource clock) {
    this.edits = edits;
    this.webhooks = new WebhookEdits(new SecretEdits(keys, clock));
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.put("/v1/webhooks/{name}", OperatorOnly.json(this::put))
        .delete("/v1/webhooks/{name}", OperatorOnly.json(this::delete))
        .get("/v1/webhooks/{name}/definition", this::get)
        .post("/v1/webhooks/{name}/secret:rotate", OperatorOnly.json(this::rotate));
  }

  private void put(ServerRequest request, ServerResponse response) {
    String name = name(request);
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    WebhookEdits.Condition condition = condition(request);
    WebhookEdits.Put put =
        published(
            () ->
                edits.edit(
                    (stored, version) -> webhooks.put(stored, version, name, body, condition)));
    response.header(HeaderNames.ETAG, WebhookEdits.etag(put.version()));
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    Replies.json(
        response,
        put.created() ? 201 : 200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", name);
          json.writeNumberField("version", put.version());
          if (!put.shown().isEmpty()) {
            write(json, put.shown());
          }
          json.writeEndObject();
        });
  }

  private void rotate(ServerRequest request, ServerResponse response) {
    String name = name(request);
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("overlap"));
    Duration overlap = body.has("overlap") ? overlap(JsonBody.text(body, "overlap")) : OVERLAP;
    List<SecretEdits.Shown> shown =
        published(
            () -> edits.edit((stored, version) -> webhooks.rotate(stored, version, name, overlap)));
    response.header(HeaderNames.CACHE_CONTROL, "no-store");
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", name);
          write(json, shown);
          json.writeEndObject();
        });
  }

  private static Duration overlap(String text) {
    try {
      return Yaml.parse("overlap", "'" + text.replace("'", "''") + "'")
          .duration(Duration.ZERO, OVERLAP_MAX);
    } catch (DefinitionException e) {
      throw JsonBody.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static void write(JsonGenerator json, List<SecretEdits.Shown> shown) throws IOException {
    json.writeArrayFieldStart("secrets");
    for (SecretEdits.Shown one : shown) {
      json.writeStartObject();
      json.writeStringField("scheme", one.scheme().label());
      json.writeStringField(
          one.scheme() == SigningSecret.Scheme.ED25519 ? "public_key" : "secret", one.shown());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void delete(ServerRequest request, ServerResponse response) {
    String name = name(request);
    WebhookEdits.Condition condition = condition(request);
    String gone =
        published(() -> edits.edit((stored, _) -> WebhookEdits.delete(stored, name, condition)));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("removed", gone);
          json.writeEndObject();
        });
  }

  private void get(ServerRequest request, ServerResponse response) {
    Optional<Definition> stored =
        edits
            .stored(WebhookEdits.key(name(request)))
            .filter(one -> one.getOwner().equals(Definitions.API));
    if (stored.isEmpty()) {
      throw HttpProblem.notFound("the API defines no such webhook");
    }
    JsonNode definition = Json.parse(stored.get().getYaml().getBytes(StandardCharsets.UTF_8));
    response.header(HeaderNames.ETAG, WebhookEdits.etag(stored.get().getVersion()));
    Replies.json(response, 200, json -> json.writeRawValue(definition.toString()));
  }

  private static <T> T published(Supplier<T> edit) {
    try {
      return edit.get();
    } catch (DefinitionException e) {
      throw HttpProblem.badRequest("invalid_definition", String.valueOf(e.getMessage()));
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; asking again is safe");
    }
  }

  private static String name(ServerRequest request) {
    return request.path().pathParameters().get("name");
  }

  private static WebhookEdits.Condition condition(ServerRequest request) {
    return new WebhookEdits.Condition(
        request.headers().first(HeaderNames.IF_MATCH).orElse("").strip(),
        request.headers().first(HeaderNames.IF_NONE_MATCH).orElse("").strip());
  }
}
