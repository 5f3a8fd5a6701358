package dev.attune.refresher.collector;

import dev.attune.core.profile.WriteToken;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import dev.attune.refresher.collector.Collector.Sender;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/**
 * Events over HTTP with the paths, bodies and answers of Segment's tracking API
 * (segment.com/docs/connections/sources/catalog/libraries/server/http-api), so that its SDKs work
 * when only their host is changed.
 *
 * <p>An answer of 200 means that the log has the events for good; its header {@code Attune-Token}
 * says where, so that a lookup can wait until they are in their profiles. The Content-Type is not
 * looked at: browsers say text/plain, one SDK gzip under a form's type.
 */
public final class CollectorHttp {
  private static final int SETTINGS_KEY_LENGTH_MAX = 200;
  private static final HeaderName TRACEPARENT = HeaderNames.create("traceparent");
  private static final HeaderName TOKEN = HeaderNames.create("Attune-Token");

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("identify", "identify"),
          Map.entry("i", "identify"),
          Map.entry("track", "track"),
          Map.entry("t", "track"),
          Map.entry("page", "page"),
          Map.entry("p", "page"),
          Map.entry("screen", "screen"),
          Map.entry("s", "screen"),
          Map.entry("group", "group"),
          Map.entry("g", "group"),
          Map.entry("alias", "alias"),
          Map.entry("a", "alias"));

  private final Collector collector;
  private final Origins origins;

  public CollectorHttp(Collector collector, CollectorConfig config) {
    this.collector = collector;
    this.origins = new Origins(config);
  }

  /** Adds the routes, each with and without a slash at its end. */
  public void routes(HttpRouting.Builder http) {
    TYPES.forEach(
        (path, type) ->
            post(http, path, (body, sender, lease) -> collector.single(type, body, sender, lease)));
    for (String path : new String[] {"batch", "b", "import"}) {
      post(http, path, collector::batch);
    }
    // Where the SDKs of browsers and of phones look for what they may do.
    for (String path :
        new String[] {"/v1/projects/{writeKey}/settings", "/projects/{writeKey}/settings"}) {
      for (String either : new String[] {path, path + "/"}) {
        http.get(either, this::settings);
        http.options(either, origins::preflight);
      }
    }
  }

  /** Takes what one request brought. */
  @FunctionalInterface
  private interface Taking {
    Optional<WriteToken> take(byte[] body, Sender sender, Intake.Lease lease);
  }

  private void post(HttpRouting.Builder http, String name, Taking taking) {
    for (String path : new String[] {"/v1/" + name, "/v1/" + name + "/"}) {
      http.post(path, (request, response) -> take(taking, request, response));
      http.options(path, origins::preflight);
    }
  }

  private void take(Taking taking, ServerRequest request, ServerResponse response) {
    origins.check(request, response);
    Sender sender = sender(request);
    // A key that is wrong already need not be read any further.
    if (sender.user().isPresent()) {
      collector.keys().name(sender.user());
    }
    try (Intake.Lease lease = collector.intake().admit(largest(request))) {
      byte[] body = Replies.body(request, Collector.BATCH_BYTES_MAX);
      if (body.length == 0) {
        throw HttpProblem.badRequest("invalid_json", "the body is empty (expected: JSON)");
      }
      lease.resize(body.length);
      accepted(response, taking.take(body, sender, lease));
    }
  }

  // What is chunked or packed may be as large as is allowed.
  private static int largest(ServerRequest request) {
    return request.headers().contains(HeaderNames.CONTENT_ENCODING)
        ? 2 * Collector.BATCH_BYTES_MAX
        : (int)
            Math.min(
                Collector.BATCH_BYTES_MAX,
                request.headers().contentLength().orElse(Collector.BATCH_BYTES_MAX));
  }

  private static Sender sender(ServerRequest request) {
    return new Sender(
        request.headers().first(HeaderNames.AUTHORIZATION).flatMap(CollectorHttp::basicUser),
        request.query().first("writeKey").asOptional(),
        request.headers().first(TRACEPARENT).orElse(""));
  }

  // Empty, too, when it is another way to authenticate: then the key stands elsewhere.
  private static Optional<String> basicUser(String authorization) {
    if (!authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
      return Optional.empty();
    }
    try {
      String pair =
          new String(
              Base64.getDecoder().decode(authorization.substring(6).strip()),
              StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      String user = colon < 0 ? pair : pair.substring(0, colon);
      return user.isEmpty() ? Optional.empty() : Optional.of(user);
    } catch (IllegalArgumentException e) {
      throw HttpProblem.badRequest(
          "invalid_authorization", "the Authorization header is not valid Basic authentication");
    }
  }

  // The least with which Segment's SDK in a browser starts: nothing else is loaded, all is sent.
  private void settings(ServerRequest request, ServerResponse response) {
    origins.check(request, response);
    String key = request.path().pathParameters().get("writeKey");
    if (key.length() > SETTINGS_KEY_LENGTH_MAX) {
      throw HttpProblem.badRequest("invalid_write_key", "the write key is too long");
    }
    collector.keys().name(Optional.of(key));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeObjectFieldStart("integrations");
          json.writeObjectFieldStart("Segment.io");
          json.writeStringField("apiKey", key);
          json.writeArrayFieldStart("unbundledIntegrations");
          json.writeEndArray();
          json.writeBooleanField("addBundledMetadata", true);
          json.writeObjectFieldStart("maybeBundledConfigIds");
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndObject();
          json.writeObjectFieldStart("plan");
          json.writeObjectFieldStart("track");
          json.writeObjectFieldStart("__default");
          json.writeBooleanField("enabled", true);
          json.writeObjectFieldStart("integrations");
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  // The body stays what Segment answers: its SDKs look at it.
  private static void accepted(ServerResponse response, Optional<WriteToken> token) {
    token.ifPresent(t -> response.header(TOKEN, t.encode()));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeBooleanField("success", true);
          json.writeEndObject();
        });
  }
}
