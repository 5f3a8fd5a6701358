package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshHttpIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private Refreshes refreshes;
  private WebServer server;

  @BeforeEach
  void start() throws Exception {
    Files.writeString(directory.resolve("customers.csv"), "id,plan\n1,free\n");
    refreshes = RefreshesTest.refreshes(directory, _ -> {}, new SimpleMeterRegistry());
    HttpRouting.Builder routing = HttpRouting.builder();
    new RefreshHttp(refreshes).routes(routing);
    server =
        WebServer.builder()
            .address(InetAddress.getLoopbackAddress())
            .port(0)
            .routing(routing)
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.stop();
    refreshes.close();
  }

  private record Answer(int status, JsonNode body) {}

  private Answer send(String path, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .timeout(Duration.ofSeconds(10));
    HttpRequest built =
        body.isEmpty()
            ? request.GET().build()
            : request.POST(HttpRequest.BodyPublishers.ofString(body)).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(built, HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), JSON.readTree(response.body()));
    }
  }

  @Test
  void run_isStartedAndFollowed() throws Exception {
    Answer started = send("/v1/refreshes", "{\"model\": \"customers\"}");
    assertThat(started.status()).isEqualTo(202);
    String id = started.body().get("id").textValue();
    assertThat(refreshes.await(id, Duration.ofSeconds(30))).isPresent();

    Answer run = send("/v1/refreshes/" + id, "");
    assertThat(run.status()).isEqualTo(200);
    assertThat(run.body().get("state").textValue()).isEqualTo("done");
    assertThat(run.body().get("written").intValue()).isEqualTo(1);
    assertThat(send("/v1/refreshes", "").body().get("runs").get(0)).isEqualTo(run.body());
  }

  @Test
  void whatCannotBe_isAnsweredWithCodeAndMessage() throws Exception {
    Answer unknown = send("/v1/refreshes", "{\"model\": \"custmers\"}");
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body().get("code").textValue()).isEqualTo("unknown_model");
    assertThat(unknown.body().get("message").textValue()).contains("did you mean \"customers\"?");
    assertThat(send("/v1/refreshes", "{").status()).isEqualTo(400);
    assertThat(send("/v1/refreshes", "[\"customers\"]").status()).isEqualTo(400);
    assertThat(send("/v1/refreshes", "x".repeat(10_000)).status()).isEqualTo(413);
    assertThat(send("/v1/refreshes/none", "").status()).isEqualTo(404);
  }
}
