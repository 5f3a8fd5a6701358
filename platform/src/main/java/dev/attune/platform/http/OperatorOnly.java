package dev.attune.platform.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Keeps web pages away from what changes the state of the system. Nobody is asked for a password,
 * and a browser on the operator's machine reaches what is bound to loopback, whatever page it
 * shows.
 *
 * <p>The collector asks for less: the SDKs in browsers are meant to reach it, from pages that its
 * config lists.
 */
public final class OperatorOnly {
  private static final HeaderName SEC_FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final Pattern PORT = Pattern.compile(":\\d*$");
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

  private OperatorOnly() {}

  /**
   * The handler for requests that say {@code Content-Type: application/json}, come from no page,
   * and were sent to an address, to {@code localhost} or to the name that the server is bound to;
   * others get 415 or 403 and change nothing.
   */
  public static Handler json(Handler handler) {
    return (request, response) -> {
      requireNoPage(request);
      requireKnownHost(request);
      requireJson(request);
      handler.handle(request, response);
    };
  }

  private static void requireNoPage(ServerRequest request) {
    String site = header(request, SEC_FETCH_SITE);
    if (request.headers().contains(HeaderNames.ORIGIN)
        || !(site.isEmpty() || site.equals("none") || site.equals("same-origin"))) {
      throw forbidden("a web page may not do this; use ./attune or another program");
    }
  }

  /** A name of somebody's own that leads here makes his page, to the browser, one of this site. */
  private static void requireKnownHost(ServerRequest request) {
    String host = PORT.matcher(header(request, HeaderNames.HOST)).replaceFirst("");
    boolean known =
        host.equals("localhost")
            || IPV4.matcher(host).matches()
            || host.startsWith("[")
            || host.equalsIgnoreCase(request.listenerContext().config().host());
    if (!known) {
      throw forbidden(
          "this is not done under that host name; use an address, localhost or the name given as"
              + " --host");
    }
  }

  /** Other types can be sent by any page without the browser asking first. */
  private static void requireJson(ServerRequest request) {
    String type = header(request, HeaderNames.CONTENT_TYPE);
    int parameters = type.indexOf(';');
    if (!(parameters < 0 ? type : type.substring(0, parameters))
        .strip()
        .equals("application/json")) {
      throw new HttpProblem(
          415, "unsupported_media_type", "the Content-Type must be application/json");
    }
  }

  private static String header(ServerRequest request, HeaderName name) {
    return request.headers().first(name).orElse("").strip().toLowerCase(Locale.ROOT);
  }

  private static HttpProblem forbidden(String message) {
    return new HttpProblem(403, "forbidden", message);
  }
}
