package dev.attune.platform.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every failure as {@code {"code","message"}}. Neither replies nor logs hold a path: it may name a
 * person.
 */
final class HttpErrors {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private static final Header RETRY = HeaderValues.createCached(HeaderNames.RETRY_AFTER, "1");

  private HttpErrors() {}

  /** Must come after all routes: the last one answers whatever is left. */
  static void install(HttpRouting.Builder routing, KnownRoutes known) {
    routing
        .error(HttpProblem.class, (_, response, problem) -> send(response, problem))
        .error(
            InvalidJsonException.class,
            (_, response, e) ->
                Replies.problem(response, 400, "invalid_json", String.valueOf(e.getMessage())))
        .error(HttpException.class, (_, response, e) -> status(response, e.status().code()))
        .error(RequestException.class, (_, response, e) -> status(response, e.status().code()))
        .error(Throwable.class, HttpErrors::unexpected);
    routing.any((request, response) -> noRoute(request, response, known));
  }

  private static void send(ServerResponse response, HttpProblem problem) {
    problem.headers().forEach((name, value) -> response.header(name, value));
    Replies.problem(
        response, problem.status(), problem.code(), String.valueOf(problem.getMessage()));
  }

  private static void status(ServerResponse response, int status) {
    Replies.problem(response, status, code(status), message(status));
  }

  private static void unexpected(ServerRequest request, ServerResponse response, Throwable error) {
    LOG.error(
        "{} {} failed",
        request.prologue().method().text(),
        request.matchingPattern().orElse("(no route)"),
        error);
    status(response, 500);
  }

  private static void noRoute(ServerRequest request, ServerResponse response, KnownRoutes known) {
    Set<String> allowed = known.methods(request.prologue());
    if (allowed.isEmpty()) {
      status(response, 404);
      return;
    }
    response.header(HeaderNames.ALLOW, String.join(", ", allowed));
    Replies.problem(
        response,
        405,
        code(405),
        "the method is not allowed here (allowed: " + String.join(", ", allowed) + ")");
  }

  /** For requests that never reach a route: not HTTP, too large, one too many. */
  static DirectHandler.TransportResponse direct(
      DirectHandler.TransportRequest request,
      DirectHandler.EventType type,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    // The web server's word for one too many. A client has to send fewer, and nothing is away.
    boolean overloaded = status.code() == Status.SERVICE_UNAVAILABLE_503.code();
    Status told = overloaded ? Status.TOO_MANY_REQUESTS_429 : status;
    DirectHandler.TransportResponse.Builder response =
        DirectHandler.TransportResponse.builder()
            .status(told)
            .headers(headers)
            .header(Replies.JSON)
            .keepAlive(type.keepAlive())
            .entity(Replies.problemBytes(code(told.code()), message(told.code())));
    return overloaded ? response.header(RETRY).build() : response.build();
  }

  private static String code(int status) {
    return switch (status) {
      case 400 -> "bad_request";
      case 403 -> "forbidden";
      case 404 -> "no_such_path";
      case 405 -> "method_not_allowed";
      case 413 -> "payload_too_large";
      case 414 -> "uri_too_long";
      case 415 -> "unsupported_media_type";
      case 429 -> "overloaded";
      case 431 -> "headers_too_large";
      default -> status < 500 ? "bad_request" : "internal_error";
    };
  }

  private static String message(int status) {
    return switch (status) {
      case 403 -> "this is not allowed";
      case 404 -> "there is nothing at this path";
      case 405 -> "the method is not allowed here";
      case 413 -> "the body is too large";
      case 414 -> "the request line is too long";
      case 415 -> "this media type is not understood";
      case 429 -> "too many requests at once; send fewer";
      case 431 -> "the headers are too large";
      default ->
          status < 500
              ? "the request is not valid HTTP, or its path or headers are not well-formed"
              : "something went wrong here; the log says what";
    };
  }
}
