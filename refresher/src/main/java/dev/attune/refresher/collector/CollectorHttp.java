package dev.attune.refresher.collector;

import dev.attune.core.profile.WriteToken;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
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

  public CollectorHttp(Collector collector) {
    this.collector = collector;
  }

  /** Adds the routes, each with and without a slash at its end. */
  public void routes(HttpRouting.Builder http) {
    TYPES.forEach(
        (path, type) -> post(http, path, (request, response) -> single(type, request, response)));
    for (String path : new String[] {"batch", "b", "import"}) {
      post(http, path, this::batch);
    }
  }

  private static void post(
      HttpRouting.Builder http, String path, io.helidon.webserver.http.Handler handler) {
    http.post("/v1/" + path, handler);
    http.post("/v1/" + path + "/", handler);
  }

  private void single(String type, ServerRequest request, ServerResponse response) {
    accepted(response, collector.single(type, body(request), traceparent(request)));
  }

  private void batch(ServerRequest request, ServerResponse response) {
    accepted(response, collector.batch(body(request), traceparent(request)));
  }

  private static byte[] body(ServerRequest request) {
    byte[] body = Replies.body(request, Collector.BATCH_BYTES_MAX);
    if (body.length == 0) {
      throw HttpProblem.badRequest("invalid_json", "the body is empty (expected: JSON)");
    }
    return body;
  }

  private static String traceparent(ServerRequest request) {
    return request.headers().first(HeaderNames.create("traceparent")).orElse("");
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
