package dev.attune.profiles.lookup;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.Replies;
import dev.attune.proto.v1.Profile;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /v1/profiles/{namespace}:{value}}, where the namespace {@code id} stands for a profile
 * id, and {@code POST /v1/profiles:lookup}, which keeps the identifier out of access logs. The
 * header {@code Attune-Timeout-Ms} says how long to wait at most.
 */
public final class LookupHttp implements Consumer<HttpRouting.Builder> {
  private static final Logger LOG = LoggerFactory.getLogger(LookupHttp.class);
  private static final HeaderName TIMEOUT = HeaderNames.create("Attune-Timeout-Ms");
  private static final String PROFILES = "/v1/profiles/";
  private static final int TIMEOUT_MILLIS_MAX = 10_000;
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final Map<String, String> RETRY = Map.of("Retry-After", "1");

  private final Lookup lookup;
  private final Duration timeout;
  private final LookupMetrics.Recorder metrics;

  /**
   * @param timeout when the caller says nothing
   */
  public LookupHttp(Lookup lookup, Duration timeout, LookupMetrics metrics) {
    this.lookup = lookup;
    this.timeout = timeout;
    this.metrics = metrics.of("http");
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    // A prefix, because a path with a parameter does not match an encoded line break or slash.
    http.get(PROFILES + "*", this::get).post("/v1/profiles:lookup", this::post);
  }

  private void get(ServerRequest request, ServerResponse response) {
    String raw = request.path().absolute().rawPath();
    PathIdentifier who = PathIdentifier.parse(raw.substring(PROFILES.length()));
    answer(
        request,
        response,
        within ->
            who.namespace().equals("id")
                ? lookup.byProfileId(who.value(), within)
                : lookup.byIdentifier(who.namespace(), who.value(), within));
  }

  private void post(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("identifier", "profile_id"));
    if (body.has("identifier") == body.has("profile_id")) {
      throw JsonBody.invalid("either identifier or profile_id was expected");
    }
    if (body.has("profile_id")) {
      String profileId = JsonBody.text(body, "profile_id");
      answer(request, response, within -> lookup.byProfileId(profileId, within));
      return;
    }
    JsonNode identifier = body.path("identifier");
    JsonBody.requireKeys(identifier, List.of("namespace", "value"));
    String namespace = JsonBody.text(identifier, "namespace");
    String value = JsonBody.text(identifier, "value");
    answer(request, response, within -> lookup.byIdentifier(namespace, value, within));
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      Function<Duration, CompletableFuture<Outcome>> question) {
    long began = System.nanoTime();
    // The request has a virtual thread of its own, and the future ends within the timeout.
    Outcome outcome = question.apply(timeout(request)).join();
    metrics.record(outcome, began);
    switch (outcome) {
      case Outcome.Found found -> {
        Profile profile = parse(found);
        Replies.json(response, 200, json -> ProfileJson.write(json, profile, found.readAtMicros()));
      }
      case Outcome.Absent _ -> throw HttpProblem.notFound(Messages.ABSENT);
      case Outcome.Invalid invalid ->
          throw HttpProblem.badRequest("invalid_identifier", invalid.rule());
      case Outcome.Unavailable _ -> throw HttpProblem.unavailable(Messages.UNAVAILABLE);
      case Outcome.Overloaded _ ->
          throw new HttpProblem(503, "overloaded", Messages.OVERLOADED, RETRY);
      case Outcome.Corrupt _ -> throw new HttpProblem(500, "internal_error", Messages.CORRUPT);
    }
  }

  private static Profile parse(Outcome.Found found) {
    try {
      return Profile.parseFrom(found.profile());
    } catch (InvalidProtocolBufferException e) {
      LOG.error("a stored profile of {} bytes does not parse", found.profile().size(), e);
      throw new HttpProblem(500, "internal_error", Messages.CORRUPT);
    }
  }

  private Duration timeout(ServerRequest request) {
    if (!request.headers().contains(TIMEOUT)) {
      return timeout;
    }
    try {
      int millis = Integer.parseInt(request.headers().get(TIMEOUT).get());
      if (millis >= 1 && millis <= TIMEOUT_MILLIS_MAX) {
        return Duration.ofMillis(millis);
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    throw JsonBody.invalid(
        "Attune-Timeout-Ms: a whole number from 1 to " + TIMEOUT_MILLIS_MAX + " was expected");
  }
}
