package dev.attune.dispatcher.replay;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.deadletter.DeadLetterReplay;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.platform.kafka.KafkaUnavailableException;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Sending again.
 *
 * <ul>
 *   <li>{@code POST /v1/webhooks/{name}:resend}, {@code {"webhook_id":"msg_..."}}: one delivery, of
 *       the last 7 days.
 *   <li>{@code POST /v1/webhooks/{name}:replay}, {@code {"from":"2026-03-01T10:00:00Z","to":"...",
 *       "mode":"as-was","dry_run":false}}: what was rendered in that time, at most 100,000
 *       deliveries and 64 MB. Up to now without {@code to}. With {@code as-now} what is true now of
 *       whatever was told in that time, with {@code only-diff} of that what differs from what the
 *       endpoint took last; {@code skipped} says of how much nothing is sent, and why.
 *   <li>{@code POST /v1/webhooks/{name}:drain}, {@code {"dry_run":false}}: its dead letters.
 * </ul>
 *
 * <p>The latter two count, and send nothing, unless {@code dry_run} is false. All is sent with
 * {@code attune-replay: true} and, but for what is true now, its first id and body, through the
 * queues, whatever waits there; what still waits is sent a second time.
 */
public final class ReplaysHttp implements Consumer<HttpRouting.Builder> {
  private static final int BYTES_MAX = 4_096;
  private static final String DRY_RUN = "dry_run";

  private final DefinitionsSource definitions;
  private final Replays replays;
  private final DeadLetterReplay letters;
  private final InstantSource clock;

  public ReplaysHttp(
      DefinitionsSource definitions,
      Replays replays,
      DeadLetterReplay letters,
      InstantSource clock) {
    this.definitions = definitions;
    this.replays = replays;
    this.letters = letters;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.post("/v1/webhooks/{name}:resend", OperatorOnly.json(this::resend))
        .post("/v1/webhooks/{name}:replay", OperatorOnly.json(this::replay))
        .post("/v1/webhooks/{name}:drain", OperatorOnly.json(this::drain));
  }

  private void resend(ServerRequest request, ServerResponse response) {
    String webhook = webhook(request);
    JsonNode body = body(request, List.of("webhook_id"));
    String id = JsonBody.text(body, "webhook_id");
    boolean found = done(() -> replays.resend(webhook, id));
    if (!found) {
      throw HttpProblem.notFound(
          "the webhook has no delivery with this id that is still kept (7 days)");
    }
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", webhook);
          json.writeStringField("webhook_id", id);
          json.writeEndObject();
        });
  }

  private void replay(ServerRequest request, ServerResponse response) {
    String webhook = webhook(request);
    JsonNode body = body(request, List.of("from", "to", "mode", DRY_RUN));
    boolean dryRun = JsonBody.bool(body, DRY_RUN, true);
    ReplayMode mode = mode(body);
    Instant now = clock.instant();
    Instant from = time(body, "from");
    Instant to = body.has("to") ? time(body, "to") : now;
    if (!from.isBefore(to) || to.isAfter(now)) {
      throw JsonBody.invalid("from and to: times that have been were expected, from the earlier");
    }
    Replays.Found found =
        done(
            () ->
                switch (mode) {
                  case AS_WAS ->
                      dryRun ? replays.count(webhook, from, to) : replays.replay(webhook, from, to);
                  case AS_NOW -> replays.replayNow(webhook, from, to, false, dryRun);
                  case ONLY_DIFF -> replays.replayNow(webhook, from, to, true, dryRun);
                });
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", webhook);
          json.writeStringField("mode", mode.label());
          json.writeStringField("from", from.toString());
          json.writeStringField("to", to.toString());
          json.writeBooleanField(DRY_RUN, dryRun);
          json.writeNumberField("deliveries", found.deliveries());
          json.writeNumberField("people", found.people());
          json.writeBooleanField("too_many", found.deliveries() > Replays.DELIVERIES_MAX);
          json.writeObjectFieldStart("skipped");
          for (Map.Entry<String, Integer> reason : found.skipped().entrySet()) {
            json.writeNumberField(reason.getKey(), reason.getValue());
          }
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  private void drain(ServerRequest request, ServerResponse response) {
    String webhook = webhook(request);
    boolean dryRun = JsonBody.bool(body(request, List.of(DRY_RUN)), DRY_RUN, true);
    int count =
        done(
            () ->
                dryRun
                    ? replays.countDeadLetters(webhook, letters)
                    : replays.drain(webhook, letters));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", webhook);
          json.writeBooleanField(DRY_RUN, dryRun);
          json.writeNumberField("dead_letters", count);
          json.writeEndObject();
        });
  }

  private String webhook(ServerRequest request) {
    String name = request.path().pathParameters().get("name");
    Definitions current = definitions.current();
    if (!current.webhooks().containsKey(name)) {
      throw HttpProblem.notFound(
          "there is no such webhook" + Nearest.hint(name, current.webhooks().keySet()));
    }
    return name;
  }

  private static JsonNode body(ServerRequest request, List<String> keys) {
    JsonNode body = Json.parse(Replies.body(request, BYTES_MAX));
    JsonBody.requireKeys(body, keys);
    return body;
  }

  private static ReplayMode mode(JsonNode body) {
    return !body.has("mode")
        ? ReplayMode.AS_WAS
        : ReplayMode.of(JsonBody.text(body, "mode"))
            .orElseThrow(
                () ->
                    JsonBody.invalid("mode: \"as-was\", \"as-now\" or \"only-diff\" was expected"));
  }

  private static Instant time(JsonNode body, String key) {
    try {
      return Instant.parse(JsonBody.text(body, key));
    } catch (DateTimeParseException e) {
      throw JsonBody.invalid(key + ": a time in UTC was expected, e.g. 2026-03-01T10:00:00Z");
    }
  }

  private static <T> T done(Work<T> work) {
    try {
      return work.run();
    } catch (Replays.BusyException e) {
      throw HttpProblem.unavailable(String.valueOf(e.getMessage()));
    } catch (Replays.TooManyException e) {
      throw new HttpProblem(409, "too_many", String.valueOf(e.getMessage()));
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(
          e.getMessage() + "; what was sent comes again, under its id, if you ask again");
    } catch (StoreException e) {
      throw HttpProblem.unavailable(
          "the profiles could not be read; what was sent comes again if you ask again");
    }
  }

  @FunctionalInterface
  private interface Work<T> {
    T run() throws Replays.BusyException, Replays.TooManyException;
  }
}
