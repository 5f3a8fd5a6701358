package dev.attune.evaluator;

import dev.attune.core.audience.CompiledAudience;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import java.util.Map;

/**
 * {@code GET /v1/audiences}: every audience with its description, the version of its definition,
 * and by how much its members have become more ("change") since this process began.
 */
record AudiencesHttp(CurrentAudiences audiences, EvaluatorMetrics metrics) {
  void routes(HttpRouting.Builder http) {
    http.get(
        "/v1/audiences",
        (_, response) -> {
          Map<String, Long> change = metrics.members();
          Replies.json(
              response,
              200,
              json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("audiences");
                for (CompiledAudience audience : audiences.get().audiences()) {
                  json.writeStartObject();
                  json.writeStringField("name", audience.name());
                  json.writeStringField("description", audience.definition().description());
                  json.writeNumberField("version", audience.version());
                  json.writeNumberField("change", change.getOrDefault(audience.name(), 0L));
                  json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
              });
        });
  }
}
