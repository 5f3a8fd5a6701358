package dev.attune.standalone.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Calls a running Attune over HTTP. What stands between the caller and an answer (no server, no
 * Attune there, a refusal) becomes a {@link Complaint}.
 */
public final class AttuneClient implements AutoCloseable {
  /** Reads and writes what is exchanged. */
  public static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private final URI server;
  private final HttpClient http;

  /**
   * @param server e.g. {@code http://127.0.0.1:8080}
   */
  public AttuneClient(String server) {
    this.server = parse(server);
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT)
            .build();
  }

  private static URI parse(String server) {
    try {
      URI uri = URI.create(server);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below, with an example.
    }
    throw new Complaint(
        "\""
            + server
            + "\" is not a server (expected: http://HOST:PORT, e.g. "
            + Server.DEFAULT
            + ").");
  }

  /** A path segment that may hold anything. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Any answer to a GET, whatever its status. */
  public Reply get(String path) throws InterruptedException {
    return send("GET", path, null, "");
  }

  /** Any answer to a POST, whatever its status. */
  public Reply post(String path, @Nullable JsonNode body) throws InterruptedException {
    return send("POST", path, body, "");
  }

  /**
   * Any answer to a POST that may be repeated.
   *
   * @param key an idempotency key; empty: none
   */
  Reply post(String path, JsonNode body, String key) throws InterruptedException {
    return send("POST", path, body, key);
  }

  private Reply send(String method, String path, @Nullable JsonNode body, String key)
      throws InterruptedException {
    var publisher =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body.toString(), StandardCharsets.UTF_8);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path)).timeout(ANSWER).method(method, publisher);
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (!key.isEmpty()) {
      if (!key.matches("[\\x21-\\x7e]{1,200}")) {
        throw new Complaint(
            "the idempotency key is not plain text without spaces of at most 200 characters.");
      }
      request.header("Idempotency-Key", key);
    }
    try {
      var response = http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
      return new Reply(response.statusCode(), json(response.body()));
    } catch (IOException e) {
      throw new Complaint(
          "no Attune answers at "
              + server
              + ": start one with ./attune up, or name it with --server.",
          e);
    }
  }

  private JsonNode json(String body) {
    try {
      return JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new Complaint(
          "what answers at " + server + " is not Attune (its answer is not JSON).", e);
    }
  }

  @Override
  public void close() {
    http.close();
  }

  /**
   * An answer.
   *
   * @param body JSON; "missing" when there was none
   */
  public record Reply(int status, JsonNode body) {
    /** A 2xx. */
    public boolean ok() {
      return status >= 200 && status < 300;
    }

    /** The body, or the server's own sentence as a complaint. */
    public JsonNode orComplain() {
      if (ok()) {
        return body;
      }
      throw new Complaint(sentence());
    }

    String sentence() {
      String message = body.path("message").asText();
      return message.isEmpty() ? "the server answered with status " + status + "." : message;
    }
  }
}
