package dev.attune.platform.health;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.Replies;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /health/live}: the process runs. {@code /health/ready}: all parts can do their work, and
 * {@code /health/ready/{part}}: that one can. {@code /v1/status}: what {@code attune status} shows.
 */
public final class HealthHttp implements Consumer<HttpRouting.Builder> {
  private static final Logger LOG = LoggerFactory.getLogger(HealthHttp.class);

  private final List<Part> parts;
  private final Supplier<Map<String, Object>> process;

  /**
   * @param process what the status shows of the process itself, e.g. its definitions' version
   */
  public HealthHttp(List<? extends Part> parts, Supplier<Map<String, Object>> process) {
    this.parts = List.copyOf(parts);
    this.process = process;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.get("/health/live", (_, response) -> Replies.json(response, 200, HealthHttp::live))
        .get("/health/ready", (_, response) -> ready(response, parts))
        .get("/health/ready/{part}", this::readyPart)
        .get("/v1/status", (_, response) -> Replies.json(response, 200, this::status));
  }

  private static void live(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("status", "UP");
    json.writeEndObject();
  }

  private void readyPart(ServerRequest request, ServerResponse response) {
    String name = request.path().pathParameters().get("part");
    List<Part> asked = parts.stream().filter(part -> part.name().equals(name)).toList();
    if (asked.isEmpty()) {
      throw HttpProblem.notFound(
          "there is no such part (parts: "
              + String.join(", ", parts.stream().map(Part::name).toList())
              + ")");
    }
    ready(response, asked);
  }

  private static void ready(ServerResponse response, List<Part> parts) {
    List<Checked> checked = parts.stream().map(Checked::of).toList();
    boolean up = checked.stream().allMatch(part -> part.readiness().ready());
    Replies.json(
        response,
        up ? 200 : 503,
        json -> {
          json.writeStartObject();
          json.writeStringField("status", up ? "UP" : "DOWN");
          json.writeArrayFieldStart("parts");
          for (Checked part : checked) {
            json.writeStartObject();
            part.writeFields(json);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void status(JsonGenerator json) throws IOException {
    List<Checked> checked = parts.stream().map(Checked::of).toList();
    json.writeStartObject();
    json.writeStringField(
        "status", checked.stream().allMatch(part -> part.readiness().ready()) ? "UP" : "DOWN");
    json.writeObjectFieldStart("process");
    writeEntries(json, safely(process));
    json.writeEndObject();
    json.writeArrayFieldStart("parts");
    for (Checked part : checked) {
      json.writeStartObject();
      part.writeFields(json);
      json.writeObjectFieldStart("status");
      writeEntries(json, safely(part.part()::status));
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** One part that cannot say how it is must not hide how the others are. */
  private static Map<String, Object> safely(Supplier<Map<String, Object>> status) {
    try {
      return status.get();
    } catch (RuntimeException e) {
      LOG.warn("a status could not be told", e);
      return Map.of("status", "unknown: " + e.getClass().getSimpleName());
    }
  }

  private static void writeEntries(JsonGenerator json, Map<String, Object> entries)
      throws IOException {
    for (var entry : entries.entrySet()) {
      json.writeFieldName(entry.getKey());
      Json.writeScalar(json, entry.getValue());
    }
  }

  private record Checked(Part part, Readiness readiness) {
    static Checked of(Part part) {
      try {
        return new Checked(part, part.readiness());
      } catch (RuntimeException e) {
        LOG.warn("{} could not say whether it is ready", part.name(), e);
        return new Checked(
            part, Readiness.notReady("it could not say: " + e.getClass().getSimpleName()));
      }
    }

    void writeFields(JsonGenerator json) throws IOException {
      json.writeStringField("name", part.name());
      json.writeBooleanField("ready", readiness.ready());
      json.writeStringField("reason", readiness.reason());
    }
  }
}
