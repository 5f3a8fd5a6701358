package dev.attune.dispatcher.log;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Attempt;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.Set;
import java.util.function.Consumer;

/**
 * {@code GET /v1/webhooks/{name}/attempts}, with {@code limit} (1 to 500; 50 unless given), {@code
 * profile_id} (more than one may be given) and {@code before} (the {@code next} of the page
 * before):
 *
 * <pre>{@code
 * {"attempts":[{"at":"2026-03-01T10:00:00.123456Z","webhook_id":"msg_...","profile_id":"0f4a",
 *   "number":1,"status":503,"took_ms":12,"outcome":"HTTP 503","response":"try later"}],"next":"1234"}
 * }</pre>
 *
 * <p>Newest first, of the last 14 days. A page may have fewer than asked for, also none, and yet a
 * {@code next}: it looked at 50,000 attempts. {@code status} is left out where there was no answer,
 * {@code response} where it was empty, {@code number} where no attempt was made: because a newer
 * state came, or an operator had it sent again; then without ids where that was more than one.
 */
public final class AttemptsHttp implements Consumer<HttpRouting.Builder> {
  private static final int LIMIT = 50;
  private static final int LIMIT_MAX = 500;

  private final DefinitionsSource definitions;
  private final AttemptLog log;

  public AttemptsHttp(DefinitionsSource definitions, AttemptLog log) {
    this.definitions = definitions;
    this.log = log;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.get("/v1/webhooks/{name}/attempts", this::reply);
  }

  private void reply(ServerRequest request, ServerResponse response) {
    String name = request.path().pathParameters().get("name");
    int limit = request.query().first("limit").map(AttemptsHttp::limit).orElse(LIMIT);
    long before = request.query().first("before").map(AttemptsHttp::place).orElse(Long.MAX_VALUE);
    Set<String> profiles =
        request.query().contains("profile_id")
            ? Set.copyOf(request.query().all("profile_id"))
            : Set.of();
    AttemptLog.Page page;
    try {
      page = log.find(name, profiles, limit, before);
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; asking again is safe");
    }
    Definitions current = definitions.current();
    if (page.attempts().isEmpty() && !current.webhooks().containsKey(name)) {
      throw HttpProblem.notFound(
          "there is no such webhook" + Nearest.hint(name, current.webhooks().keySet()));
    }
    response.header(HeaderValues.create(HeaderNames.CACHE_CONTROL, "private, no-cache"));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("attempts");
          for (Attempt attempt : page.attempts()) {
            write(json, attempt);
          }
          json.writeEndArray();
          if (page.next().isPresent()) {
            json.writeStringField("next", Long.toString(page.next().getAsLong()));
          }
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, Attempt attempt) throws IOException {
    json.writeStartObject();
    json.writeStringField("at", Clocks.instant(attempt.getStartedAtMicros()).toString());
    if (!attempt.getWebhookId().isEmpty()) {
      json.writeStringField("webhook_id", attempt.getWebhookId());
      json.writeStringField("profile_id", attempt.getProfileId());
    }
    if (attempt.getNumber() != 0) {
      json.writeNumberField("number", attempt.getNumber());
    }
    if (attempt.getStatus() != 0) {
      json.writeNumberField("status", attempt.getStatus());
    }
    json.writeNumberField("took_ms", attempt.getTookMicros() / 1_000);
    json.writeStringField("outcome", attempt.getOutcome());
    if (!attempt.getResponse().isEmpty()) {
      json.writeStringField("response", attempt.getResponse());
    }
    json.writeEndObject();
  }

  private static int limit(String text) {
    if (text.matches("[1-9]\\d{0,2}") && Integer.parseInt(text) <= LIMIT_MAX) {
      return Integer.parseInt(text);
    }
    throw HttpProblem.badRequest("invalid_limit", "limit is 1 to " + LIMIT_MAX);
  }

  private static long place(String text) {
    if (text.matches("\\d{1,18}")) {
      return Long.parseLong(text);
    }
    throw HttpProblem.badRequest("invalid_before", "before is the \"next\" of the page before");
  }
}
