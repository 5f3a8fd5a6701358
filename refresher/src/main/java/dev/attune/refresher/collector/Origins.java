package dev.attune.refresher.collector;

import dev.attune.platform.http.HttpProblem;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which web pages may send events, and what their browsers are told (CORS, fetch.spec.whatwg.org).
 * A page that is not listed is refused, preflight or not: what browsers send as text/plain needs
 * none.
 */
final class Origins {
  private static final HeaderName ALLOW_ORIGIN = HeaderNames.create("Access-Control-Allow-Origin");
  private static final HeaderName ALLOW_METHODS =
      HeaderNames.create("Access-Control-Allow-Methods");
  private static final HeaderName ALLOW_HEADERS =
      HeaderNames.create("Access-Control-Allow-Headers");
  private static final HeaderName EXPOSE_HEADERS =
      HeaderNames.create("Access-Control-Expose-Headers");
  private static final HeaderName MAX_AGE = HeaderNames.create("Access-Control-Max-Age");

  private final Set<String> allowed;

  Origins(CollectorConfig config) {
    this.allowed = config.origins();
  }

  /**
   * Lets a page of a listed origin read the reply; requests of no page, and of this server's own
   * ones, need nothing.
   *
   * @throws HttpProblem 403 for any other page
   */
  void check(ServerRequest request, ServerResponse response) {
    Optional<String> origin = request.headers().first(HeaderNames.ORIGIN);
    if (origin.isEmpty()) {
      return;
    }
    // What the config says is sent back, never what the caller sent.
    Optional<String> listed =
        allowed.stream()
            .filter(one -> one.equals("*") || one.equals(origin.get().toLowerCase(Locale.ROOT)))
            .findFirst();
    if (listed.isEmpty() && !isOwn(request, origin.get())) {
      throw new HttpProblem(
          403,
          "origin_not_allowed",
          "pages of this origin may not send events (see collector.origins)");
    }
    response.header(HeaderNames.VARY, "Origin");
    listed.ifPresent(
        one -> {
          response.header(ALLOW_ORIGIN, one);
          response.header(EXPOSE_HEADERS, "Attune-Token, Retry-After");
        });
  }

  /** Answers a browser that asks before it sends. */
  void preflight(ServerRequest request, ServerResponse response) {
    check(request, response);
    response.header(ALLOW_METHODS, "GET, POST");
    // The star does not cover Authorization.
    response.header(ALLOW_HEADERS, "Authorization, Content-Type, *");
    response.header(MAX_AGE, "900");
    response.status(204).send();
  }

  private static boolean isOwn(ServerRequest request, String origin) {
    String host = request.headers().first(HeaderNames.HOST).orElse("");
    return !host.isEmpty()
        && origin.toLowerCase(Locale.ROOT).endsWith("://" + host.toLowerCase(Locale.ROOT));
  }
}
