package dev.attune.evaluator;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.Explainer;
import dev.attune.core.audience.Explanation;
import dev.attune.core.audience.ProfileState;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.Replies;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * {@code GET /v1/audiences/{name}/explain?profile_id=...}: whether a profile belongs to an
 * audience, and the tree of its conditions with what decided each. It is what the evaluator knows
 * now, at the time that the slowest of its partitions has reached; a lookup shows it a moment
 * later. A membership whose end has come is none, as in a lookup, however late it is that it is
 * told. Values of traits are not repeated: a lookup has them. The tree is the audience's as it is
 * defined; {@code decided_by} is there while it is decided by what it was, a version before.
 *
 * @param wall in microseconds
 */
record ExplainHttp(
    CurrentAudiences audiences, EvaluatorMetrics metrics, ProfileStates states, LongSupplier wall) {
  void routes(HttpRouting.Builder http) {
    http.get("/v1/audiences/{name}/explain", this::explain);
  }

  private void explain(ServerRequest request, ServerResponse response) {
    AudienceSet set = audiences.get();
    String name = request.path().pathParameters().get("name");
    CompiledAudience audience = AudiencesHttp.audience(set, name);
    String profileId = request.query().first("profile_id").orElse("");
    if (!profileId.matches("[0-9a-f]{32}")) {
      throw HttpProblem.badRequest(
          "invalid_profile_id",
          "profile_id is 32 hexadecimal digits, as a lookup tells them (an identifier does not belong"
              + " into a URL)");
    }
    ProfileState state =
        states
            .find(profileId, set)
            .orElseThrow(
                () ->
                    HttpProblem.notFound(
                        "the evaluator that answers here has not heard of this profile"));
    if (state.isRedirect()) {
      throw HttpProblem.notFound("the profile was merged into " + state.redirectTo());
    }
    long now = states.nowMicros();
    Optional<ProfileState.Membership> held =
        Optional.ofNullable(state.memberships().get(name))
            .filter(of -> !MembersHttp.hasEnded(of.toldValidUntilMicros(), wall.getAsLong()));
    Explanation explanation = new Explainer(set, state, now).explain(audience);
    // It is about a person.
    response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "private, no-cache"));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("audience", name);
          json.writeNumberField("version", audience.version());
          json.writeStringField("profile_id", profileId);
          json.writeStringField("as_of", MicrosText.of(now));
          json.writeStringField("state", metrics.stage(audience).label());
          AudiencesHttp.writeDecidedBy(json, audience, metrics);
          AudiencesHttp.writeCompleteFrom(json, audience, metrics, now);
          json.writeBooleanField("member", held.isPresent());
          if (held.isPresent()) {
            json.writeStringField("since", MicrosText.of(held.get().sinceMicros()));
          }
          json.writeFieldName("why");
          write(json, explanation);
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, Explanation of) throws IOException {
    json.writeStartObject();
    json.writeStringField("condition", of.kind());
    if (!of.asked().isEmpty()) {
      json.writeStringField("asked", of.asked());
    }
    json.writeBooleanField("holds", of.holds());
    if (!of.missing().isEmpty()) {
      Json.writeTexts(json, "missing", of.missing());
    }
    if (of.counted() >= 0) {
      json.writeNumberField("counted", of.counted());
      if (!of.value().isEmpty()) {
        json.writeStringField("value", of.value());
      }
      if (of.limited()) {
        json.writeBooleanField("limited", true);
      }
      json.writeArrayFieldStart("events");
      for (Explanation.Counted event : of.events()) {
        json.writeStartObject();
        json.writeStringField("id_sha256", event.idDigest());
        json.writeStringField("at", MicrosText.of(event.micros()));
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    if (of.changesMicros() != 0) {
      json.writeStringField("changes_at", MicrosText.of(of.changesMicros()));
    }
    if (!of.parts().isEmpty()) {
      json.writeArrayFieldStart("parts");
      for (Explanation part : of.parts()) {
        write(json, part);
      }
      json.writeEndArray();
    }
    json.writeEndObject();
  }
}
