package dev.attune.refresher.run;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.Json;
import dev.attune.refresher.snapshot.Differences;
import dev.attune.refresher.snapshot.RefreshOptions;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A run as JSON: the same over HTTP and in the state directory. */
final class RunJson {
  private RunJson() {}

  /** Writes the fields of a run into an object that is open. */
  static void writeFields(JsonGenerator json, Run run) throws IOException {
    json.writeStringField("id", run.id());
    json.writeStringField("model", run.model());
    json.writeStringField("kind", run.kind());
    json.writeStringField("state", run.state().label());
    json.writeStringField("started_at", run.startedAt().toString());
    if (run.endedAt().isPresent()) {
      json.writeStringField("ended_at", run.endedAt().get().toString());
    }
    RefreshOptions options = run.request().options();
    json.writeBooleanField("dry_run", options.dryRun());
    json.writeBooleanField("full", options.full());
    json.writeBooleanField("force", options.force());
    if (options.isRollback()) {
      json.writeStringField("rollback", options.rollback());
    }
    if (!run.request().key().isEmpty()) {
      json.writeStringField("idempotency_key", run.request().key());
    }
    json.writeNumberField("rows", run.rows());
    json.writeNumberField("total", run.total());
    json.writeNumberField("written", run.written());
    json.writeNumberField("bad_rows", run.badRows());
    writeKinds(json, run.figures().kinds());
    Json.writeTexts(json, "overruled", run.overruled());
    if (run.differences().isPresent()) {
      writeDifferences(json, run.differences().get());
    }
    json.writeNumberField("starts", run.starts());
    json.writeStringField("message", run.message());
  }

  private static void writeKinds(JsonGenerator json, Differences.Rows kinds) throws IOException {
    json.writeNumberField("added", kinds.added());
    json.writeNumberField("changed", kinds.changed());
    json.writeNumberField("removed", kinds.removed());
    json.writeNumberField("again", kinds.again());
  }

  private static void writeDifferences(JsonGenerator json, Differences differences)
      throws IOException {
    json.writeObjectFieldStart("differences");
    json.writeObjectFieldStart("cells");
    for (var cell : differences.cells().entrySet()) {
      json.writeNumberField(cell.getKey(), cell.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("samples");
    for (Differences.Sample sample : differences.samples()) {
      json.writeStartObject();
      json.writeStringField("kind", sample.kind());
      json.writeStringField("key_digest", sample.key());
      json.writeArrayFieldStart("cells");
      for (String cell : sample.cells()) {
        json.writeString(cell);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /**
   * Reads what {@link #writeFields} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Run read(JsonNode json) {
    try {
      Differences.Rows kinds =
          new Differences.Rows(
              json.path("added").asLong(),
              json.path("changed").asLong(),
              json.path("removed").asLong(),
              json.path("again").asLong());
      return new Run(
          text(json, "id"),
          new Request(
              text(json, "model"),
              new RefreshOptions(
                  json.path("dry_run").asBoolean(),
                  json.path("full").asBoolean(),
                  json.path("force").asBoolean(),
                  json.path("rollback").asText()),
              json.path("idempotency_key").asText()),
          text(json, "kind"),
          Run.State.of(text(json, "state")),
          Instant.parse(text(json, "started_at")),
          json.has("ended_at")
              ? Optional.of(Instant.parse(text(json, "ended_at")))
              : Optional.empty(),
          new Run.Figures(
              json.path("rows").asLong(),
              json.path("total").asLong(),
              json.path("written").asLong(),
              json.path("bad_rows").asLong(),
              kinds),
          texts(json.path("overruled")),
          json.has("differences")
              ? Optional.of(differences(json.path("differences"), kinds))
              : Optional.empty(),
          json.path("starts").asInt(),
          json.path("message").asText());
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("a time of a run is none", e);
    }
  }

  private static Differences differences(JsonNode json, Differences.Rows kinds) {
    Map<String, Long> cells = new LinkedHashMap<>();
    json.path("cells").properties().forEach(e -> cells.put(e.getKey(), e.getValue().asLong()));
    List<Differences.Sample> samples = new ArrayList<>();
    for (JsonNode sample : json.path("samples")) {
      samples.add(
          new Differences.Sample(
              text(sample, "kind"), text(sample, "key_digest"), texts(sample.path("cells"))));
    }
    return new Differences(kinds, cells, samples);
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  private static String text(JsonNode json, String key) {
    if (!json.path(key).isTextual()) {
      throw new IllegalArgumentException("a run lacks its " + key);
    }
    return json.path(key).textValue();
  }
}
