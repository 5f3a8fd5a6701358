package dev.attune.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebhookReceiverTest {
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final String BODY = "{\"type\":\"audience.entered\"}";

  private final String secret = WebhookReceiver.newSecret();
  private WebhookReceiver receiver;
  private HttpClient http;

  @BeforeEach
  void start() throws Exception {
    receiver = WebhookReceiver.start(secret, InstantSource.fixed(NOW));
    http = HttpClient.newHttpClient();
  }

  @AfterEach
  void stop() {
    http.close();
    receiver.close();
  }

  @Test
  void signedByTheReferenceLibrary_isVerified() throws Exception {
    assertThat(deliver("msg_1", NOW, sign(secret, "msg_1", NOW), BODY)).isEqualTo(204);
    assertThat(receiver.verified()).isEqualTo(1);
    assertThat(receiver.refused()).isZero();
  }

  @Test
  void sameIdAgain_isWelcomeButCountedOnce() throws Exception {
    String signature = sign(secret, "msg_1", NOW);
    deliver("msg_1", NOW, signature, BODY);
    assertThat(deliver("msg_1", NOW, signature, BODY)).isEqualTo(204);
    assertThat(receiver.verified()).isEqualTo(1);
    assertThat(receiver.repeated()).isEqualTo(1);
  }

  @Test
  void oneOfSeveralSignatures_isEnough() throws Exception {
    String old = sign(WebhookReceiver.newSecret(), "msg_1", NOW);
    assertThat(deliver("msg_1", NOW, old + " " + sign(secret, "msg_1", NOW), BODY)).isEqualTo(204);
  }

  @Test
  void otherSecretOtherBodyOrOldTime_isRefused() throws Exception {
    String signature = sign(secret, "msg_1", NOW);
    Instant old = NOW.minusSeconds(301);
    assertThat(deliver("msg_1", NOW, sign(WebhookReceiver.newSecret(), "msg_1", NOW), BODY))
        .isEqualTo(401);
    assertThat(deliver("msg_1", NOW, signature, BODY + " ")).isEqualTo(401);
    assertThat(deliver("msg_2", NOW, signature, BODY)).isEqualTo(401);
    assertThat(deliver("msg_1", old, sign(secret, "msg_1", old), BODY)).isEqualTo(401);
    assertThat(receiver.refused()).isEqualTo(4);
    assertThat(receiver.verified()).isZero();
  }

  private static String sign(String secret, String id, Instant at) throws Exception {
    return new Webhook(secret).sign(id, at.getEpochSecond(), BODY);
  }

  private int deliver(String id, Instant at, String signature, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + receiver.port() + "/hooks"))
            .header("webhook-id", id)
            .header("webhook-timestamp", String.valueOf(at.getEpochSecond()))
            .header("webhook-signature", signature)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.send(request, BodyHandlers.discarding()).statusCode();
  }
}
