package dev.attune.evaluator;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.KnownHistory;
import dev.attune.core.definition.Nearest;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * {@code GET /v1/audiences} and {@code /v1/audiences/{name}}: every audience with its description,
 * the version of its definition, its {@link Stage}, from when on it knows all that it counts where
 * that is not now ({@code never} where it has missed some for good), and of the profiles that this
 * process has how many are members, and how many entered and left since it has them; without these
 * numbers while states are restored, and without that of the members where it began with members
 * that nobody had counted.
 *
 * @param restored whether all states are there
 * @param now in microseconds
 */
record AudiencesHttp(
    CurrentAudiences audiences,
    EvaluatorMetrics metrics,
    BooleanSupplier restored,
    LongSupplier now) {
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
                  for (CompiledAudience audience : audiences.get().audiences()) {
                    write(json, audience);
                  }
                  json.writeEndArray();
                  json.writeEndObject();
                }));
    http.get(
        "/v1/audiences/{name}",
        (request, response) -> {
          CompiledAudience audience =
              audience(audiences.get(), request.path().pathParameters().get("name"));
          Replies.json(response, 200, json -> write(json, audience));
        });
  }

  private void write(JsonGenerator json, CompiledAudience audience) throws IOException {
    Sizes.Size size = metrics.size(audience.name());
    json.writeStartObject();
    json.writeStringField("name", audience.name());
    json.writeStringField("description", audience.definition().description());
    json.writeNumberField("version", audience.version());
    if (restored.getAsBoolean()) {
      json.writeStringField("state", metrics.stage(audience).label());
      writeCompleteFrom(json, audience, metrics, now.getAsLong());
      if (metrics.sizesAreComplete()) {
        json.writeNumberField("members", size.members());
      }
      json.writeNumberField("entered", size.entered());
      json.writeNumberField("exited", size.exited());
    }
    json.writeEndObject();
  }

  /** From when on it knows all that it counts, where that is not now. */
  static void writeCompleteFrom(
      JsonGenerator json, CompiledAudience audience, EvaluatorMetrics metrics, long nowMicros)
      throws IOException {
    OptionalLong from = metrics.completeFrom(audience, nowMicros);
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
