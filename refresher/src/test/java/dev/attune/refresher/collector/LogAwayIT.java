package dev.attune.refresher.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.Definitions;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.Schemas;
import dev.attune.testkit.Await;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** No broker answers: nothing is acknowledged, and not more is held than was said. */
class LogAwayIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int EACH_BYTES = 400_000;

  /** More than there is room for. */
  private static final int REQUESTS = Intake.BYTES_MAX / EACH_BYTES + 40;

  private final HttpClient client = HttpClient.newHttpClient();

  private static int portOfNobody() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void manyBatches_areAllSentAwayToComeAgain_andNothingStaysHeld() throws Exception {
    try (EventLog log = EventLog.forCollector(KafkaSettings.local("127.0.0.1:" + portOfNobody()))) {
      var collector =
          new Collector(
              log,
              _ -> CompletableFuture.completedFuture(null),
              CollectorConfig.OPEN,
              InstantSource.system(),
              new Masking(new SimpleMeterRegistry()),
              new Schemas(new SimpleMeterRegistry()),
              () -> Definitions.NONE);
      var routes = new CollectorHttp(collector, CollectorConfig.OPEN);
      try (HttpServer http =
          HttpServer.start(HttpServerConfig.onPort(0), List.of(routes::routes))) {
        byte[] body = batch();
        List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
          sent.add(post(http, body));
        }
        for (CompletableFuture<HttpResponse<String>> one : sent) {
          HttpResponse<String> response = one.join();
          assertThat(response.statusCode()).as(response.body()).isEqualTo(503);
          assertThat(response.headers().firstValue("Retry-After").orElseThrow()).matches("\\d+");
          assertThat(
                  Json.parse(response.body().getBytes(StandardCharsets.UTF_8))
                      .get("code")
                      .textValue())
              .isEqualTo("unavailable");
        }
        Await.until(SOON, "something stays held", () -> collector.intake().held() == 0);
      }
    }
  }

  @Test
  void intake_beyondItsBytesOrRequests_isFullAtOnce_andHasRoomAgain() {
    Intake intake = new Intake();
    Intake.Lease most = intake.admit(Intake.BYTES_MAX - 1);
    refused(() -> intake.admit(2));
    Intake.Lease last = intake.admit(1);
    refused(() -> last.resize(2));
    most.resize(10);
    last.resize(2);
    most.close();
    last.close();
    assertThat(intake.held()).isZero();

    List<Intake.Lease> all = new ArrayList<>();
    for (int i = 0; i < Intake.REQUESTS_MAX; i++) {
      all.add(intake.admit(1));
    }
    refused(() -> intake.admit(0));
    all.forEach(Intake.Lease::close);
    intake.admit(Intake.BYTES_MAX).close();
  }

  private static void refused(ThrowingCallable call) {
    assertThatThrownBy(call).hasMessageContaining("as many events as it may");
  }

  private CompletableFuture<HttpResponse<String>> post(HttpServer http, byte[] body) {
    return client.sendAsync(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.port() + "/v1/batch"))
            .timeout(SOON)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static byte[] batch() {
    StringBuilder events = new StringBuilder("{\"batch\":[");
    String filling = "x".repeat(20_000);
    while (events.length() < EACH_BYTES - 25_000) {
      events
          .append("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"properties\":{\"p\":\"")
          .append(filling)
          .append("\"}},");
    }
    events.setCharAt(events.length() - 1, ']');
    return events.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }
}
