package dev.attune.standalone.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListenerTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final HttpClient http = HttpClient.newHttpClient();
  private Listener listener;

  @BeforeEach
  void start() throws Exception {
    Terminal terminal =
        Terminal.plain(new PrintStream(out, true, UTF_8), new PrintStream(out, true, UTF_8));
    listener = Listener.start(0, Verifier.ofSecret(SECRET, InstantSource.fixed(NOW)), terminal);
  }

  @AfterEach
  void stop() {
    http.close();
    listener.close();
  }

  @Test
  void genuine_isTakenAndShown_andSaysWhatItIs() throws Exception {
    String body = "{\"type\":\"event\",\"data\":{\"event\":\"a\\u001b[2Jb\"}}";
    assertThat(post("msg_1", body, "attune-test")).isEqualTo(204);
    assertThat(post("msg_1", body, "attune-replay")).isEqualTo(204);
    assertThat(out.toString(UTF_8))
        .contains(
            "genuine: msg_1, a test\n",
            "genuine: msg_1, a replay, which came before\n",
            "  \"type\" : \"event\"")
        .doesNotContain("\u001b");
    // A terminal may be shown what stands in quotes with a backslash, but not what is no JSON.
    assertThat(post("msg_2", "\u001b[2J", "x-other")).isEqualTo(204);
    assertThat(out.toString(UTF_8)).contains("genuine: msg_2\n").doesNotContain("\u001b");
  }

  @Test
  void forged_isRefused_andSaysWhy() throws Exception {
    HttpRequest forged =
        HttpRequest.newBuilder(uri())
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", String.valueOf(NOW.getEpochSecond()))
            .header("webhook-signature", "v1,AAAA")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    assertThat(http.send(forged, BodyHandlers.discarding()).statusCode()).isEqualTo(401);
    assertThat(out.toString(UTF_8))
        .contains(
            "NOT GENUINE, answered with 401:\n  the signature (v1) does not fit the secret\n");
  }

  @Test
  void whatIsNoDelivery_isRefused() throws Exception {
    HttpRequest get = HttpRequest.newBuilder(uri()).GET().build();
    assertThat(http.send(get, BodyHandlers.discarding()).statusCode()).isEqualTo(405);
    HttpRequest large =
        HttpRequest.newBuilder(uri())
            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[(2 << 20) + 1]))
            .build();
    assertThat(http.send(large, BodyHandlers.discarding()).statusCode()).isEqualTo(413);
    assertThat(out.toString(UTF_8))
        .contains("refused: GET, not POST\n", "refused: the body is larger than 2 MB\n");
  }

  private URI uri() {
    return URI.create("http://127.0.0.1:" + listener.port() + "/hooks");
  }

  private int post(String id, String body, String mark) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri())
            .header("webhook-id", id)
            .header("webhook-timestamp", String.valueOf(NOW.getEpochSecond()))
            .header("webhook-signature", new Webhook(SECRET).sign(id, NOW.getEpochSecond(), body))
            .header(mark, "true")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }
}
