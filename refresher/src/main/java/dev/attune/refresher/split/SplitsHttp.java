package dev.attune.refresher.split;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.Splits;
import dev.attune.core.profile.Splits.Result;
import dev.attune.core.profile.Splits.Word;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Splits over HTTP, for operators.
 *
 * <ul>
 *   <li>{@code POST /v1/identity:split} with {@code {"one": {"namespace", "value"}, "other": {...},
 *       "by", "reason"}}: 200 and {@code {"profile_id", "other_profile_id", "at"}} once everything
 *       that follows is stored; 404 {@code not_found}, 409 {@code not_linked}, {@code
 *       already_split} or {@code too_many}
 *   <li>{@code POST /v1/identity:lift} with the same: 404 {@code not_found}, 409 {@code
 *       nothing_to_lift}
 * </ul>
 */
public final class SplitsHttp {
  private static final Logger LOG = LoggerFactory.getLogger(SplitsHttp.class);
  private static final int BODY_BYTES_MAX = 16 << 10;
  private static final List<String> KEYS = List.of("one", "other", "by", "reason");

  private final Splits splits;
  private final Supplier<Catalog> catalog;

  /** One word after the other: two about one pair must not both find it as it was. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * @param catalog the one in force
   */
  public SplitsHttp(Splits splits, Supplier<Catalog> catalog) {
    this.splits = splits;
    this.catalog = catalog;
  }

  /** Adds the routes. */
  public void routes(HttpRouting.Builder http) {
    http.post(
            "/v1/identity:split",
            OperatorOnly.json((request, response) -> say(request, response, splits::split)))
        .post(
            "/v1/identity:lift",
            OperatorOnly.json((request, response) -> say(request, response, splits::lift)));
  }

  private void say(ServerRequest request, ServerResponse response, Function<Word, Result> work) {
    Word word = word(Json.parse(Replies.body(request, BODY_BYTES_MAX)));
    switch (result(word, work)) {
      case Result.Refused refused -> throw problem(refused.why());
      case Result.Done done ->
          Replies.json(
              response,
              200,
              json -> {
                json.writeStartObject();
                json.writeStringField("profile_id", done.profileId());
                json.writeStringField("other_profile_id", done.otherProfileId());
                json.writeStringField(
                    "at", Instant.EPOCH.plus(done.atMicros(), ChronoUnit.MICROS).toString());
                json.writeEndObject();
              });
    }
  }

  private Result result(Word word, Function<Word, Result> work) {
    turn.lock();
    try {
      return work.apply(word);
    } catch (StoreException | KafkaException e) {
      LOG.warn("a split or lift was not completed", e);
      throw HttpProblem.unavailable(
          "the store or the log did not do its work; the same again completes it");
    } finally {
      turn.unlock();
    }
  }

  private Word word(JsonNode body) {
    JsonBody.requireKeys(body, KEYS);
    Identifier one = identifier(body, "one");
    Identifier other = identifier(body, "other");
    try {
      return new Word(one, other, JsonBody.text(body, "by"), JsonBody.text(body, "reason"));
    } catch (IllegalArgumentException e) {
      throw JsonBody.invalid(String.valueOf(e.getMessage()));
    }
  }

  private Identifier identifier(JsonNode body, String key) {
    JsonNode identifier = body.path(key);
    JsonBody.requireKeys(identifier, List.of("namespace", "value"));
    try {
      return catalog
          .get()
          .identifier(JsonBody.text(identifier, "namespace"), JsonBody.text(identifier, "value"));
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest("invalid_identifier", key + ": " + e.getMessage());
    }
  }

  private static HttpProblem problem(Splits.Why why) {
    return switch (why) {
      case FIRST_UNKNOWN, SECOND_UNKNOWN -> HttpProblem.notFound(why.sentence());
      case NOT_LINKED -> new HttpProblem(409, "not_linked", why.sentence());
      case ALREADY_SPLIT -> new HttpProblem(409, "already_split", why.sentence());
      case NOTHING_TO_LIFT -> new HttpProblem(409, "nothing_to_lift", why.sentence());
      case TOO_MANY -> new HttpProblem(409, "too_many", why.sentence());
    };
  }
}
