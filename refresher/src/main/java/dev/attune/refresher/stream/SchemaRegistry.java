package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import dev.attune.refresher.consume.WaitingException;
import dev.attune.refresher.event.MalformedEventException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A client of a schema registry, with the part of Confluent's API that readers need
 * (docs.confluent.io/platform/current/schema-registry/develop/api.html): {@code GET
 * /schemas/ids/ID}, and {@code GET /subjects/SUBJECT/versions/VERSION} for what a schema refers to.
 *
 * <p>Only the registry's own word that there is no such schema counts; whatever else goes wrong is
 * waited for, so that a wrong address or password loses nothing.
 */
final class SchemaRegistry {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration REPLY = Duration.ofSeconds(10);
  private static final int REPLY_BYTES_MAX = 4 << 20;
  private static final int REFERENCES_MAX = 200;
  private static final int REFERENCES_DEPTH_MAX = 20;

  /** What a registry says of an id that it does not know. */
  private static final int SCHEMA_NOT_FOUND = 40403;

  private final RegistryConfig config;
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .version(HttpClient.Version.HTTP_1_1)
          .build();

  SchemaRegistry(RegistryConfig config) {
    this.config = config;
  }

  /**
   * A schema and all that it refers to.
   *
   * @param query of every request, e.g. {@code ?format=serialized}; empty for none
   * @throws MalformedEventException when the registry has no such schema
   * @throws WaitingException when it cannot be asked now
   */
  RegisteredSchema byId(int id, String query) throws MalformedEventException {
    JsonNode schema = get("/schemas/ids/" + id + query);
    if (schema.path("error_code").asInt() == SCHEMA_NOT_FOUND) {
      throw new MalformedEventException("the schema registry has no schema " + id);
    }
    check(schema);
    Map<String, RegisteredSchema.Reference> references = new LinkedHashMap<>();
    references(schema, query, references, REFERENCES_DEPTH_MAX);
    // One without a type is Avro: the field is younger than the API.
    return new RegisteredSchema(
        id,
        schema.path("schemaType").asText("AVRO"),
        schema.get("schema").textValue(),
        references.values().stream().toList());
  }

  private void references(
      JsonNode schema, String query, Map<String, RegisteredSchema.Reference> found, int depth) {
    for (JsonNode reference : schema.path("references")) {
      String name = reference.path("name").asText("");
      if (found.containsKey(name)) {
        continue;
      }
      if (depth == 0 || found.size() >= REFERENCES_MAX) {
        throw waiting("it has a schema with more than " + REFERENCES_MAX + " references");
      }
      JsonNode referred =
          get(
              "/subjects/"
                  + URLEncoder.encode(reference.path("subject").asText(""), StandardCharsets.UTF_8)
                      .replace("+", "%20")
                  + "/versions/"
                  + reference.path("version").asInt()
                  + query);
      check(referred);
      references(referred, query, found, depth - 1);
      found.put(name, new RegisteredSchema.Reference(name, referred.get("schema").textValue()));
    }
  }

  private static void check(JsonNode schema) {
    if (!schema.path("schema").isTextual()) {
      throw waiting("its answer has no schema");
    }
  }

  private JsonNode get(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(config.url().toString().replaceAll("/+$", "") + path))
            .timeout(REPLY)
            .header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
    authorization().ifPresent(value -> request.header("Authorization", value));
    try {
      HttpResponse<InputStream> response =
          http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        return answer(response.statusCode(), body.readNBytes(REPLY_BYTES_MAX + 1));
      }
    } catch (IOException e) {
      throw new WaitingException("the schema registry does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitingException("interrupted while asking the schema registry", e);
    }
  }

  private static JsonNode answer(int status, byte[] body) {
    if (body.length > REPLY_BYTES_MAX) {
      throw waiting("its answer is larger than " + REPLY_BYTES_MAX + " bytes");
    }
    JsonNode json;
    try {
      json = Json.parseLarge(body);
    } catch (InvalidJsonException e) {
      throw new WaitingException(
          "the schema registry answers " + status + " without JSON (see schema_registry.url)", e);
    }
    if (status == 200 || (status == 404 && json.path("error_code").asInt() == SCHEMA_NOT_FOUND)) {
      return json;
    }
    throw waiting("it answers " + status + (status == 401 || status == 403 ? " (see user)" : ""));
  }

  private static WaitingException waiting(String why) {
    return new WaitingException("the schema registry cannot be used: " + why);
  }

  private Optional<String> authorization() {
    return config.user().isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Basic "
                + Base64.getEncoder()
                    .encodeToString(
                        (config.user() + ":" + config.password())
                            .getBytes(StandardCharsets.UTF_8)));
  }
}
