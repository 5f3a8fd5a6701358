package dev.attune.platform.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HealthHttpTest {
  private volatile Readiness dispatcher = Readiness.notReady("it catches up");
  private final Metrics metrics = new Metrics();
  private final HttpServer server =
      HttpServer.start(
          HttpServerConfig.onPort(0),
          List.of(
              new HealthHttp(
                  List.of(
                      part("profile-service", () -> Readiness.READY),
                      part("dispatcher", () -> dispatcher)),
                  () -> Map.of("version", 3)),
              metrics));

  private static Part part(String name, Supplier<Readiness> readiness) {
    return new Part() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void start() {}

      @Override
      public Readiness readiness() {
        return readiness.get();
      }

      @Override
      public Map<String, Object> status() {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("lag", 12L);
        status.put("oldest pending", "3 s");
        status.put("up", true);
        status.put("rate", 0.5);
        return status;
      }

      @Override
      public void close() {}
    };
  }

  @AfterEach
  void close() {
    server.close();
    metrics.close();
  }

  @Test
  void live_isUp_whateverThePartsDo() throws Exception {
    assertThat(get("/health/live").body()).isEqualTo("{\"status\":\"UP\"}");
  }

  @Test
  void ready_waitsForEveryPart_butEachIsAskedAlone() throws Exception {
    var all = get("/health/ready");
    assertThat(all.statusCode()).isEqualTo(503);
    assertThat(all.body())
        .isEqualTo(
            "{\"status\":\"DOWN\",\"parts\":[{\"name\":\"profile-service\",\"ready\":true,"
                + "\"reason\":\"\"},{\"name\":\"dispatcher\",\"ready\":false,"
                + "\"reason\":\"it catches up\"}]}");
    assertThat(get("/health/ready/profile-service").statusCode()).isEqualTo(200);
    assertThat(get("/health/ready/dispatcher").statusCode()).isEqualTo(503);
    assertThat(get("/health/ready/other").statusCode()).isEqualTo(404);

    dispatcher = Readiness.READY;
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void status_hasEachPartsOwn() throws Exception {
    assertThat(get("/v1/status").body())
        .startsWith("{\"status\":\"DOWN\",\"process\":{\"version\":3},\"parts\":[")
        .contains("\"status\":{\"lag\":12,\"oldest pending\":\"3 s\",\"up\":true,\"rate\":0.5}");
  }

  @Test
  void metrics_areForPrometheus() throws Exception {
    metrics.registry().counter("attune.test").increment();
    assertThat(get("/metrics").body()).contains("attune_test_total 1.0", "jvm_memory_used_bytes");
  }

  private HttpResponse<String> get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
              .timeout(Duration.ofSeconds(5))
              .build(),
          BodyHandlers.ofString());
    }
  }
}
