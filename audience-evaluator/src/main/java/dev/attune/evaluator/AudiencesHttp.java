package dev.attune.evaluator;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.Condition;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.definition.Nearest;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * {@code GET /v1/audiences} and {@code /v1/audiences/{name}}: every audience with its description,
 * the version of its definition, {@code bounded} where it looks at the newest events of a person
 * alone, its {@link Stage}, from when on it knows all that it counts where that is not now ({@code
 * never} where it has missed some for good), and of the profiles that this process has how many are
 * members, how many entered and left since it has them, and how many times as many as there are
 * members did so within a day; without these numbers while states are restored, and without those
 * of the members until they have been counted.
 *
 * @param restored whether all states are there
 * @param now of what audiences are decided by, in microseconds
 * @param wall in microseconds
 */
record AudiencesHttp(
    CurrentAudiences audiences,
    EvaluatorMetrics metrics,
    BooleanSupplier restored,
    LongSupplier now,
    LongSupplier wall) {
  void routes(HttpRouting.Builder http) {
    http.get(
        "/v1/audiences",
        (_, response) ->
            Replies.json(
                response,
                200,
                json -> {
                  json.writeStartObject();
                  json.writeArrayFieldStart("audiences");
                  AudienceSet set = audiences.get();
                  for (CompiledAudience audience : set.audiences()) {
                    write(json, set, audience);
                  }
                  json.writeEndArray();
                  json.writeEndObject();
                }));
    http.get(
        "/v1/audiences/{name}",
        (request, response) -> {
          AudienceSet set = audiences.get();
          CompiledAudience audience = audience(set, request.path().pathParameters().get("name"));
          Replies.json(response, 200, json -> write(json, set, audience));
        });
  }

  private void write(JsonGenerator json, AudienceSet set, CompiledAudience audience)
      throws IOException {
    Sizes.Size size = metrics.size(audience.name(), wall.getAsLong());
    json.writeStartObject();
    json.writeStringField("name", audience.name());
    json.writeStringField("description", audience.definition().description());
    json.writeNumberField("version", audience.version());
    writeBounded(json, set, audience);
    if (restored.getAsBoolean()) {
      json.writeStringField("state", metrics.stage(audience).label());
      writeDecidedBy(json, audience, metrics);
      writeCompleteFrom(json, audience, metrics, now.getAsLong());
      boolean complete = metrics.sizesAreComplete();
      if (complete) {
        json.writeNumberField("members", size.members());
      }
      json.writeNumberField("entered", size.entered());
      json.writeNumberField("exited", size.exited());
      if (complete) {
        json.writeNumberField(
            "volatility", new BigDecimal(size.volatility()).setScale(4, RoundingMode.HALF_EVEN));
      }
    }
    json.writeEndObject();
  }

  /** The version that it was before, while that decides in its place. */
  static void writeDecidedBy(
      JsonGenerator json, CompiledAudience audience, EvaluatorMetrics metrics) throws IOException {
    OptionalLong version = metrics.decidedBy(audience);
    if (version.isPresent() && version.getAsLong() != audience.version()) {
      json.writeNumberField("decided_by", version.getAsLong());
    }
  }

  /** At how many events of a person it looks, where that need not be all. */
  static void writeBounded(JsonGenerator json, AudienceSet set, CompiledAudience audience)
      throws IOException {
    if (set.isBounded(audience)) {
      json.writeStringField("bounded", "newest " + Condition.EVENTS_MAX);
    }
  }

  /** From when on it knows all that it counts, where that is not now. */
  static void writeCompleteFrom(
      JsonGenerator json, CompiledAudience audience, EvaluatorMetrics metrics, long nowMicros)
      throws IOException {
    writeCompleteFrom(json, metrics.completeFrom(audience, nowMicros));
  }

  static void writeCompleteFrom(JsonGenerator json, OptionalLong from) throws IOException {
    if (from.isPresent()) {
      json.writeStringField(
          "complete_from",
          from.getAsLong() == KnownHistory.NEVER ? "never" : MicrosText.of(from.getAsLong()));
    }
  }

  /**
   * An audience of a set.
   *
   * @throws HttpProblem 404, with the nearest name
   */
  static CompiledAudience audience(AudienceSet set, String name) {
    return set.audience(name)
        .orElseThrow(
            () ->
                HttpProblem.notFound(
                    "there is no such audience"
                        + Nearest.hint(
                            name,
                            set.audiences().stream()
                                .map(CompiledAudience::name)
                                .collect(Collectors.toSet()))));
  }
}
