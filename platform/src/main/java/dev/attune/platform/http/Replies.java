package dev.attune.platform.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;

/** Reads bodies within a limit, and replies with one write each. */
public final class Replies {
  /** Largest body of a route that says nothing else, in bytes. */
  public static final int BODY_BYTES_MAX = 1 << 20;

  static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

  private Replies() {}

  /** Replies with a JSON document. */
  public static void json(ServerResponse response, int status, Json.Writing writing) {
    response.status(status).header(JSON).send(Json.write(writing));
  }

  /** Replies 200 with a JSON document that is written already: the first bytes of these. */
  public static void json(ServerResponse response, byte[] bytes, int length) {
    response.status(Status.OK_200).header(JSON).send(bytes, 0, length);
  }

  /** Replies with {@code {"code","message"}}. */
  public static void problem(ServerResponse response, int status, String code, String message) {
    response.status(status).header(JSON).send(problemBytes(code, message));
  }

  static byte[] problemBytes(String code, String message) {
    return Json.write(
        json -> {
          json.writeStartObject();
          json.writeStringField("code", code);
          json.writeStringField("message", message);
          json.writeEndObject();
        });
  }

  /**
   * The body, at most {@code bytesMax} of it; a body in gzip is unpacked, and the limit holds
   * before and after.
   *
   * @throws HttpProblem 413 when it is longer, 400 when it is no gzip though it says so
   */
  public static byte[] body(ServerRequest request, int bytesMax) {
    if (request.headers().contentLength().orElse(0) > bytesMax) {
      throw tooLarge(bytesMax);
    }
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    try (InputStream in = request.content().inputStream()) {
      byte[] body = atMost(in, bytesMax);
      return request.headers().contains(HeaderNames.CONTENT_ENCODING)
          ? unpacked(body, bytesMax)
          : body;
    } catch (IOException e) {
      throw new UncheckedIOException("the request's body could not be read", e);
    }
  }

  private static byte[] unpacked(byte[] body, int bytesMax) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return atMost(in, bytesMax);
    } catch (IOException e) {
      throw HttpProblem.badRequest("bad_request", "the body is not valid gzip");
    }
  }

  private static byte[] atMost(InputStream in, int bytesMax) throws IOException {
    byte[] body = in.readNBytes(bytesMax + 1);
    if (body.length > bytesMax) {
      throw tooLarge(bytesMax);
    }
    return body;
  }

  private static HttpProblem tooLarge(int bytesMax) {
    return new HttpProblem(
        413, "payload_too_large", "the body is larger than " + bytesMax + " bytes");
  }
}
