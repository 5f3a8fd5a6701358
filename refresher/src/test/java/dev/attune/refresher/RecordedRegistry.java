package dev.attune.refresher;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.platform.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers as a real registry did, and holds records as Confluent's own serializers made them; the
 * scripts beside the recordings say how. A real registry takes too long to start for each test: it
 * is not one, and knows only what was recorded.
 */
final class RecordedRegistry implements AutoCloseable {
  /** A status instead of all answers; 0 for the answers. */
  volatile int trouble;

  /** Requests so far. */
  final AtomicInteger requests = new AtomicInteger();

  private final JsonNode recording;
  private final HttpServer server;
  private final String authorization;

  /**
   * @param name of the recording
   * @param user who alone is answered, {@code name:password}
   */
  RecordedRegistry(String name, String user) {
    authorization =
        "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    try (InputStream in =
        RecordedRegistry.class.getResourceAsStream("/schema-registry/" + name + ".json")) {
      recording = Json.parse(Objects.requireNonNull(in).readAllBytes());
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::answer);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api");
  }

  /** A record as it was made. */
  byte[] record(String name) {
    return Base64.getDecoder().decode(recording.path("records").get(name).textValue());
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    String path = exchange.getRequestURI().toString().replaceFirst("^/api", "");
    JsonNode answer = recording.path("answers").path(path);
    int status = answer.path("status").asInt(404);
    String body = answer.path("body").asText("{\"error_code\":404,\"message\":\"no such path\"}");
    if (!authorization.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      status = 401;
      body = "{\"error_code\":401,\"message\":\"Unauthorized\"}";
    } else if (trouble != 0) {
      status = trouble;
      body = "{\"error_code\":50001,\"message\":\"away\"}";
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
