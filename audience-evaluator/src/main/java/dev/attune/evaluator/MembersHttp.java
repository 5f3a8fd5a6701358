package dev.attune.evaluator;

import dev.attune.core.audience.CompiledAudience;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.HeldMembership;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * {@code GET /v1/audiences/{name}/members?limit=...&after=...}: who belongs to an audience, of the
 * profiles that this process has, a page at a time. A page may be shorter than asked for, or empty,
 * while there is a next one: looking for few among many is cut into pieces. A membership whose end
 * has come is none, as in a lookup, however late it is that it is told.
 *
 * @param wall in microseconds
 */
record MembersHttp(
    CurrentAudiences audiences,
    EvaluatorMetrics metrics,
    ProfileStates states,
    LongLook looks,
    LongSupplier wall) {
  private static final int LIMIT_MAX = 1_000;
  private static final int LIMIT = 100;
  private static final Duration LOOK_MAX = Duration.ofSeconds(2);

  /** Somebody who belongs. */
  private record Member(String profileId, HeldMembership held) {}

  void routes(HttpRouting.Builder http) {
    http.get("/v1/audiences/{name}/members", this::members);
  }

  private void members(ServerRequest request, ServerResponse response) {
    CompiledAudience audience =
        AudiencesHttp.audience(audiences.get(), request.path().pathParameters().get("name"));
    int limit = request.query().first("limit").map(MembersHttp::limit).orElse(LIMIT);
    ProfileStates.Position from =
        request
            .query()
            .first("after")
            .map(text -> ProfileStates.Position.parse(text).orElseThrow(MembersHttp::noPosition))
            .orElse(ProfileStates.Position.FIRST);
    List<Member> found = new ArrayList<>();
    long end = System.nanoTime() + LOOK_MAX.toNanos();
    long now = wall.getAsLong();
    Optional<ProfileStates.Position> next =
        looks.look(
            () ->
                states.scan(
                    from,
                    (profileId, state) -> {
                      membership(state, audience.name(), now)
                          .ifPresent(held -> found.add(new Member(profileId, held)));
                      return found.size() < limit && System.nanoTime() - end < 0;
                    }));
    response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "private, no-cache"));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("audience", audience.name());
          AudiencesHttp.writeCompleteFrom(json, audience, metrics, states.nowMicros());
          json.writeArrayFieldStart("members");
          for (Member member : found) {
            json.writeStartObject();
            json.writeStringField("profile_id", member.profileId());
            json.writeStringField("since", MicrosText.of(member.held().getSinceMicros()));
            if (member.held().getToldValidUntilMicros() != 0) {
              json.writeStringField(
                  "valid_until", MicrosText.of(member.held().getToldValidUntilMicros()));
            }
            json.writeEndObject();
          }
          json.writeEndArray();
          if (next.isPresent()) {
            json.writeStringField("next", next.get().toString());
          }
          json.writeEndObject();
        });
  }

  private static int limit(String text) {
    if (text.matches("[1-9]\\d{0,3}") && Integer.parseInt(text) <= LIMIT_MAX) {
      return Integer.parseInt(text);
    }
    throw HttpProblem.badRequest("invalid_limit", "limit is 1 to " + LIMIT_MAX);
  }

  private static HttpProblem noPosition() {
    return HttpProblem.badRequest("invalid_after", "after is the \"next\" of the page before");
  }

  private static Optional<HeldMembership> membership(
      EvaluatorState state, String audience, long nowMicros) {
    return state.getMembershipsList().stream()
        .filter(held -> held.getAudience().equals(audience))
        .filter(held -> !hasEnded(held.getToldValidUntilMicros(), nowMicros))
        .findFirst();
  }

  /**
   * Whether a membership is over for all who read it.
   *
   * @param toldValidUntilMicros 0: it has no end
   */
  static boolean hasEnded(long toldValidUntilMicros, long nowMicros) {
    return toldValidUntilMicros != 0 && toldValidUntilMicros <= nowMicros;
  }
}
