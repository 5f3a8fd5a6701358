package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Definition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of audiences. */
final class AudiencesHttpTest {
  private static final long NOW = 1_750_000_000_000_000L;

  private HttpServer server;

  @BeforeEach
  void start() {
    var audiences =
        new CurrentAudiences(
            DefinitionsSource.fixed(
                Definitions.parse(
                    List.of(
                        definition("trait", "spent", "event: Paid\nsum: properties.a\nwithin: 1d"),
                        definition(
                            "trait",
                            "at",
                            "event: X\nlast: properties.a\ntype: string\nwithin: 1d"),
                        audience("counts", "{event: Paid, count: '>= 64', within: 30d}"),
                        audience(
                            "sums", "{not: {event: Paid, sum: properties.a > 1, within: 30d}}"),
                        audience("asks", "{audience: sums}"),
                        audience("reads", "{trait: traits.spent > 1.0}"),
                        audience("reads-exact", "{trait: traits.at == \"x\"}")))));
    var metrics = new EvaluatorMetrics(new SimpleMeterRegistry());
    server =
        HttpServer.start(
            HttpServerConfig.onPort(0),
            List.of(
                new AudiencesHttp(audiences, metrics, () -> true, () -> NOW, () -> NOW)::routes));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  // Whoever reads it must know before somebody has more events than are looked at.
  @Test
  void audience_thatLooksAtTheNewestEventsAlone_saysSo() throws Exception {
    JsonNode listed = get("/v1/audiences").path("audiences");
    Map<String, String> bounded = new TreeMap<>();
    listed.forEach(
        each -> bounded.put(each.path("name").asText(), each.path("bounded").asText("no")));
    assertThat(bounded)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "counts", "no",
                "sums", "newest 500",
                "asks", "newest 500",
                "reads", "newest 500",
                "reads-exact", "no"));
    assertThat(get("/v1/audiences/sums").path("bounded").asText()).isEqualTo("newest 500");
    assertThat(get("/v1/audiences/counts").has("bounded")).isFalse();
  }

  private JsonNode get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
              .timeout(Duration.ofSeconds(20))
              .GET();
      return Json.parse(client.send(request.build(), BodyHandlers.ofByteArray()).body());
    }
  }

  private static Definition audience(String name, String when) {
    return definition("audience", name, "when: " + when);
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml("name: " + id + "\n" + yaml)
        .build();
  }
}
