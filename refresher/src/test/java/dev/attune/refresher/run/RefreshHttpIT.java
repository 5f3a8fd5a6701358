package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.profile.ProfileInput;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefreshHttpIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private final List<ProfileInput> inputs = new CopyOnWriteArrayList<>();
  private Refreshes refreshes;
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    Files.writeString(directory.resolve("customers.csv"), "id,plan\n1,free\n");
    refreshes = RefreshesTest.refreshes(directory, inputs::addAll, new SimpleMeterRegistry());
    server =
        HttpServer.start(HttpServerConfig.onPort(0), List.of(new RefreshHttp(refreshes)::routes));
  }

  @AfterEach
  void stop() {
    server.close();
    refreshes.close();
  }

  private record Answer(int status, JsonNode body) {}

  private Answer send(String path, String body) throws Exception {
    return send(path, body, "application/json");
  }

  private Answer send(String path, String body, String type) throws Exception {
    return send(path, body, type, "");
  }

  private Answer send(String path, String body, String type, String key) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .timeout(Duration.ofSeconds(10));
    if (!key.isEmpty()) {
      request.header("Idempotency-Key", key);
    }
    HttpRequest built =
        body.isEmpty()
            ? request.GET().build()
            : request
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
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
    // What a lookup names is found here again.
    assertThat(inputs)
        .flatExtracting(ProfileInput::facts)
        .extracting(fact -> fact.getSnapshot().getRunId())
        .containsExactly(id);
  }

  @Test
  void run_isStartedOncePerKey_andSteered() throws Exception {
    String body = "{\"model\": \"customers\", \"dry_run\": true, \"force\": true}";
    Answer started = send("/v1/refreshes", body, "application/json", "k-1");
    assertThat(started.status()).isEqualTo(202);
    String id = started.body().get("id").textValue();
    Run run = refreshes.await(id, Duration.ofSeconds(30)).orElseThrow();
    assertThat(run.differences().orElseThrow().rows().added()).isEqualTo(1);

    Answer again = send("/v1/refreshes", body, "application/json", "k-1");
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.body().get("id").textValue()).isEqualTo(id);
    assertThat(again.body().get("added").intValue()).isEqualTo(1);
    assertThat(again.body().get("differences").get("samples").get(0).get("kind").textValue())
        .isEqualTo("added");
    assertThat(send("/v1/refreshes", "{\"model\": \"broken\"}", "application/json", "k-1").status())
        .isEqualTo(422);
    assertThat(send("/v1/refreshes", body, "application/json", "k 1").status()).isEqualTo(400);

    Answer late = send("/v1/refreshes/" + id + "/pause", "{}");
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.body().get("message").textValue()).isEqualTo("the run is done");
    assertThat(send("/v1/refreshes/" + id + "/cancel", "{}").status()).isEqualTo(409);
    assertThat(send("/v1/refreshes/none/resume", "{}").status()).isEqualTo(404);
    assertThat(send("/v1/refreshes?model=broken", "").body().get("runs")).isEmpty();
    assertThat(send("/v1/refreshes?model=customers", "").body().get("runs")).hasSize(1);
    assertThat(
            send("/v1/refreshes", "{\"model\": \"customers\", \"full\": true, \"rollback\": \"r\"}")
                .status())
        .isEqualTo(400);
  }

  @Test
  void check_saysWhatARunWouldBe_andStartsNone() throws Exception {
    Answer ready = send("/v1/models:check", "{\"model\": \"customers\"}");
    assertThat(ready.status()).isEqualTo(200);
    assertThat(ready.body().toString())
        .isEqualTo(
            "{\"model\":\"customers\",\"state\":\"ready\",\"message\":\"customers.csv, 2 columns are"
                + " mapped\"}");
    Answer broken = send("/v1/models:check", "{\"model\": \"broken\"}");
    assertThat(broken.body().get("state").textValue()).isEqualTo("refused");
    assertThat(broken.body().get("message").textValue()).startsWith("there is no file ");
    assertThat(send("/v1/models:check", "{\"model\": \"custmers\"}").status()).isEqualTo(404);
    assertThat(send("/v1/models:check", "{\"model\": \"customers\"}", "text/plain").status())
        .isEqualTo(415);

    assertThat(refreshes.list()).isEmpty();
    assertThat(inputs).isEmpty();
  }

  // As any web page may send it.
  @Test
  void requestThatDoesNotSayJson_isRefused() throws Exception {
    assertThat(send("/v1/refreshes", "{\"model\": \"customers\"}", "text/plain").status())
        .isEqualTo(415);
    assertThat(refreshes.list()).isEmpty();
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
