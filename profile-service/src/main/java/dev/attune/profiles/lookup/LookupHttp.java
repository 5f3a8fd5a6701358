package dev.attune.profiles.lookup;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.Replies;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.TokenState;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /v1/profiles/{namespace}:{value}}, where the namespace {@code id} stands for a profile
 * id, its parts {@code /traits}, {@code /audiences} and {@code /identifiers}, and why it is one
 * person's, {@code /identity}; {@code POST /v1/profiles:lookup}, which keeps the identifier out of
 * access logs, and {@code POST /v1/profiles:batchGet}. The header {@code Attune-Timeout-Ms} says
 * how long to wait at most.
 */
public final class LookupHttp implements Consumer<HttpRouting.Builder> {
  private static final Logger LOG = LoggerFactory.getLogger(LookupHttp.class);
  private static final HeaderName TIMEOUT = HeaderNames.create("Attune-Timeout-Ms");
  private static final String READ_AT_HEADER = "Attune-Read-At";
  private static final String TOKEN_STATE_HEADER = "Attune-Token-State";
  private static final HeaderName READ_AT = HeaderNames.create(READ_AT_HEADER);
  private static final HeaderName TOKEN_STATE = HeaderNames.create(TOKEN_STATE_HEADER);

  /** A copy in between could be somebody else's, and has to be asked about. */
  private static final Header CACHE =
      HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "private, no-cache");

  private static final String PROFILES = "/v1/profiles/";
  private static final String IDENTITY = "identity";
  private static final List<String> SECTIONS =
      List.of("traits", "audiences", "identifiers", IDENTITY);
  private static final int TIMEOUT_MILLIS_MAX = 10_000;
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final int BATCH_BYTES_MAX = 1 << 20;

  /**
   * Requests that wait for a token at once: the others of the server must not run out of places.
   */
  private static final int WAITING_MAX = 128;

  private static final byte[] RESULTS = JsonBytes.name("results");
  private static final byte[] STATUS = JsonBytes.name("status");
  private static final byte[] MESSAGE = JsonBytes.name("message");
  private static final byte[] PROFILE = JsonBytes.name("profile");
  private static final int BATCH_ENTRY_BYTES = 1_500;

  private final Lookup lookup;
  private final Identities identities;
  private final Duration timeout;
  private final LookupMetrics.Recorder metrics;
  private final OpenApi openApi = OpenApi.load();
  private final Semaphore waiting = new Semaphore(WAITING_MAX);

  /**
   * @param timeout when the caller says nothing
   */
  public LookupHttp(Lookup lookup, Identities identities, Duration timeout, LookupMetrics metrics) {
    this.lookup = lookup;
    this.identities = identities;
    this.timeout = timeout;
    this.metrics = metrics.of("http");
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    // A prefix, because a path with a parameter does not match an encoded line break or slash.
    http.get(PROFILES + "*", this::get)
        .post("/v1/profiles:lookup", this::post)
        .post("/v1/profiles:batchGet", this::batchGet)
        .get("/openapi", openApi::get);
  }

  private void get(ServerRequest request, ServerResponse response) {
    String raw = request.path().absolute().rawPath().substring(PROFILES.length());
    String section = section(raw);
    String asked = section.isEmpty() ? raw : raw.substring(0, raw.length() - section.length() - 1);
    PathIdentifier path = PathIdentifier.parse(asked);
    Who who =
        path.namespace().equals("id")
            ? new Who.ById(path.value())
            : new Who.ByIdentifier(path.namespace(), path.value());
    if (section.equals(IDENTITY)) {
      identity(request, response, who);
      return;
    }
    answer(request, response, who, LookupRequests.question(request.query(), section));
  }

  private void identity(ServerRequest request, ServerResponse response, Who who) {
    LookupRequests.requireNoQuery(request.query());
    try {
      GetIdentityResponse identity = identities.of(who, patience(request));
      response.header(CACHE);
      Replies.json(response, 200, json -> IdentityJson.write(json, identity));
    } catch (Refusal e) {
      throw problem(e.outcome());
    }
  }

  private static String section(String path) {
    String last = path.substring(path.lastIndexOf('/') + 1);
    return last.length() < path.length() && SECTIONS.contains(last) ? last : "";
  }

  private void post(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parse(Replies.body(request, BODY_BYTES_MAX));
    JsonBody.requireKeys(body, LookupRequests.keys(LookupRequests.whoKeys()));
    answer(request, response, LookupRequests.who(body), LookupRequests.question(body));
  }

  private void answer(ServerRequest request, ServerResponse response, Who who, Question question) {
    long began = System.nanoTime();
    String ifNoneMatch =
        request.headers().contains(HeaderNames.IF_NONE_MATCH)
            ? String.join(",", request.headers().values(HeaderNames.IF_NONE_MATCH))
            : "";
    // The request has a virtual thread of its own, and the future ends within the patience.
    Patience patience = patience(request);
    Outcome outcome =
        waited(question, () -> lookup.one(who, question, ifNoneMatch, patience).join());
    metrics.record(outcome, began);
    switch (outcome) {
      case Outcome.Found found -> send(response, found.answer());
      case Outcome.Failed failed -> throw problem(failed);
    }
  }

  private <T> T waited(Question question, Supplier<T> asked) {
    if (question.minToken().isEmpty()) {
      return asked.get();
    }
    if (!waiting.tryAcquire()) {
      throw problem(new Outcome.Failed(Reason.OVERLOADED, Messages.WAITING));
    }
    try {
      return asked.get();
    } finally {
      waiting.release();
    }
  }

  private static void send(ServerResponse response, Answer answer) {
    JsonBytes json = answer.notModified() ? null : json(answer);
    response
        .header(HeaderValues.create(HeaderNames.ETAG, answer.etag()))
        .header(HeaderValues.create(READ_AT, IsoMicros.instant(answer.readAtMicros())))
        .header(CACHE);
    if (answer.tokenState() != TokenState.TOKEN_STATE_UNSPECIFIED) {
      response.header(TOKEN_STATE, ProfileJson.label(answer.tokenState()));
    }
    if (json == null) {
      response.status(304).send();
      return;
    }
    Replies.json(response, json.bytes(), json.length());
  }

  /** All of it, before the first byte is sent. */
  private static JsonBytes json(Answer answer) {
    JsonBytes json = new JsonBytes(ProfileJson.expected(answer));
    try {
      ProfileJson.write(json, answer);
    } catch (InvalidProtocolBufferException e) {
      LOG.error("a stored profile of {} bytes does not parse", answer.profile().size(), e);
      throw new HttpProblem(500, Reason.INTERNAL.code(), Messages.CORRUPT);
    }
    return json;
  }

  private void batchGet(ServerRequest request, ServerResponse response) {
    long began = System.nanoTime();
    JsonNode body = Json.parse(Replies.body(request, BATCH_BYTES_MAX));
    JsonBody.requireKeys(body, LookupRequests.keys(List.of("entries", "allow_partial")));
    List<JsonNode> entries = JsonBody.array(body, "entries");
    boolean allowPartial = JsonBody.bool(body, "allow_partial", false);
    Question question = LookupRequests.question(body);
    try {
      Batches.checkSize(entries.size());
      lookup.check(question);
      List<Who> whom = entries.stream().map(LookupRequests::entry).toList();
      Patience patience = patience(request);
      List<Outcome> outcomes = waited(question, () -> lookup.many(whom, question, patience).join());
      metrics.record(outcomes, began);
      JsonBytes json = json(Batches.settled(outcomes, allowPartial));
      response.header(CACHE);
      Replies.json(response, json.bytes(), json.length());
    } catch (Refusal e) {
      throw problem(e.outcome());
    }
  }

  private static JsonBytes json(List<Outcome> outcomes) {
    JsonBytes json = new JsonBytes(outcomes.size() * BATCH_ENTRY_BYTES);
    json.beginObject().field(RESULTS).beginArray();
    for (Outcome outcome : outcomes) {
      JsonBytes.Mark mark = json.mark();
      try {
        json.beginObject();
        entry(json, outcome);
        json.endObject();
      } catch (InvalidProtocolBufferException e) {
        LOG.error("a stored profile does not parse", e);
        json.rollBack(mark).beginObject();
        failed(json, new Outcome.Failed(Reason.INTERNAL, Messages.CORRUPT));
        json.endObject();
      }
    }
    return json.endArray().endObject();
  }

  private static void entry(JsonBytes json, Outcome outcome) throws InvalidProtocolBufferException {
    switch (outcome) {
      case Outcome.Failed failed -> failed(json, failed);
      case Outcome.Found found -> {
        json.field(STATUS).text("ok").field(PROFILE);
        ProfileJson.write(json, found.answer());
      }
    }
  }

  private static void failed(JsonBytes json, Outcome.Failed failed) {
    json.field(STATUS).text(failed.reason().code()).field(MESSAGE).text(failed.message());
    if (failed.readAtMicros() != 0) {
      ProfileJson.asOf(json, failed.readAtMicros(), failed.tokenState());
    }
  }

  private static HttpProblem problem(Outcome.Failed failed) {
    Reason reason = failed.reason();
    Map<String, String> headers = new HashMap<>();
    if (reason.retry()) {
      headers.put("Retry-After", "1");
    }
    if (failed.readAtMicros() != 0) {
      headers.put(READ_AT_HEADER, IsoMicros.instant(failed.readAtMicros()));
    }
    if (failed.tokenState() != TokenState.TOKEN_STATE_UNSPECIFIED) {
      headers.put(TOKEN_STATE_HEADER, ProfileJson.label(failed.tokenState()));
    }
    return new HttpProblem(reason.http(), reason.code(), failed.message(), headers);
  }

  private Patience patience(ServerRequest request) {
    if (!request.headers().contains(TIMEOUT)) {
      return Patience.unhurried(timeout);
    }
    try {
      int millis = Integer.parseInt(request.headers().get(TIMEOUT).get());
      if (millis >= 1 && millis <= TIMEOUT_MILLIS_MAX) {
        return Patience.of(timeout, Duration.ofMillis(millis));
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    throw JsonBody.invalid(
        "Attune-Timeout-Ms: a whole number from 1 to " + TIMEOUT_MILLIS_MAX + " was expected");
  }
}
