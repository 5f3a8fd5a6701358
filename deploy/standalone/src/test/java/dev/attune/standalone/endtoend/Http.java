package dev.attune.standalone.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.client.AttuneClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Requests with a body of any kind, each answered within a deadline. */
final class Http {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Http() {}

  /** An answer. */
  record Reply(int status, JsonNode body) {
    /** The server's sentence about what was wrong. */
    String message() {
      return body.path("message").asText();
    }
  }

  static Reply get(String url) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(URI.create(url)));
  }

  static Reply post(String url, String body) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(url)).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** One that changes something, as operators' programs send it. */
  static Reply json(String method, String url, String body)
      throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  /** What stands at an address, whatever it is. */
  static String text(String url) throws IOException, InterruptedException {
    return CLIENT
        .send(
            HttpRequest.newBuilder(URI.create(url)).timeout(ANSWER_MAX).build(),
            BodyHandlers.ofString())
        .body();
  }

  private static Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
    var response = CLIENT.send(request.timeout(ANSWER_MAX).build(), BodyHandlers.ofString());
    return new Reply(response.statusCode(), AttuneClient.JSON.readTree(response.body()));
  }
}
