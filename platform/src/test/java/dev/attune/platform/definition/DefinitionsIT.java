package dev.attune.platform.definition;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Definition;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Publishing, following and their routes on a real broker; each test has topics of its own. */
class DefinitionsIT {
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final String CATALOG = "namespaces:\n  user_id: {unique: true}\n";
  private static final String OTHER = "namespaces:\n  user_id: {unique: true}\n  email: {max: 3}\n";

  @TempDir private static Path folder;
  private static EmbeddedKafka broker;

  @BeforeAll
  static void start() {
    broker = EmbeddedKafka.start(folder.resolve("kafka"), 0);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  private static KafkaSettings settings(TestInfo test) {
    String name = test.getTestMethod().orElseThrow().getName().toLowerCase(java.util.Locale.ROOT);
    KafkaSettings settings =
        KafkaSettings.local(broker.bootstrapServers())
            .withTopics(new Topics("t" + name.replaceAll("[^a-z]", "").substring(0, 12)));
    KafkaTopics.ensure(settings, WAIT);
    return settings;
  }

  private static DefinitionsFeed feed(KafkaSettings settings) throws InterruptedException {
    DefinitionsFeed feed = DefinitionsFeed.start(settings);
    feed.awaitLoaded(WAIT);
    return feed;
  }

  private static DefinitionsPublisher publisher(KafkaSettings settings, DefinitionsFeed feed) {
    return new DefinitionsPublisher(settings, feed, InstantSource.system());
  }

  private static List<DefinitionFile> files(String... pathsAndTexts) {
    var files = new java.util.ArrayList<DefinitionFile>();
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      files.add(new DefinitionFile(pathsAndTexts[i], pathsAndTexts[i + 1]));
    }
    return files;
  }

  @Test
  void ensureTopics_twice_isTheSame(TestInfo test) {
    KafkaSettings settings = settings(test);
    KafkaTopics.ensure(settings, WAIT);
  }

  @Test
  void emptyTopic_hasTheDefaultCatalog(TestInfo test) throws Exception {
    try (DefinitionsFeed feed = feed(settings(test))) {
      assertThat(feed.current()).isEqualTo(Definitions.NONE);
    }
  }

  @Test
  void apply_isSeenByEveryFeed_andByOneStartedLater(TestInfo test) throws Exception {
    KafkaSettings settings = settings(test);
    try (DefinitionsFeed feed = feed(settings);
        DefinitionsFeed elsewhere = feed(settings)) {
      var heard = new LinkedBlockingQueue<Definitions>();
      elsewhere.onChange(heard::add);

      Applied applied = publisher(settings, feed).apply(files("catalog.yaml", OTHER), false, false);

      assertThat(applied.added()).containsExactly("catalog/catalog");
      assertThat(feed.current().version()).isEqualTo(applied.version());
      assertThat(feed.current().catalog().namespaces()).containsKeys("user_id", "email");
      Definitions told = heard.poll(WAIT.toSeconds(), TimeUnit.SECONDS);
      assertThat(told).as("the other feed heard of it within %s", WAIT).isNotNull();
      assertThat(told.version()).isEqualTo(applied.version());
      try (DefinitionsFeed later = feed(settings)) {
        assertThat(later.current().version()).isEqualTo(applied.version());
      }
    }
  }

  @Test
  void applyTwice_changesNothing_andVersionsGrow(TestInfo test) throws Exception {
    KafkaSettings settings = settings(test);
    try (DefinitionsFeed feed = feed(settings)) {
      // A clock that stands still, as after a step backwards: versions grow all the same.
      var publisher =
          new DefinitionsPublisher(
              settings, feed, InstantSource.fixed(java.time.Instant.ofEpochSecond(1)));
      Applied first = publisher.apply(files("catalog.yaml", CATALOG), false, false);
      Applied again = publisher.apply(files("catalog.yaml", CATALOG), false, false);
      Applied changed = publisher.apply(files("catalog.yaml", OTHER), false, false);

      assertThat(again.unchanged()).containsExactly("catalog/catalog");
      assertThat(again.version()).isEqualTo(first.version());
      assertThat(changed.changed()).containsExactly("catalog/catalog");
      assertThat(changed.version()).isGreaterThan(first.version());
    }
  }

  @Test
  void missingFile_isRemovedByPruneAlone(TestInfo test) throws Exception {
    KafkaSettings settings = settings(test);
    try (DefinitionsFeed feed = feed(settings)) {
      var publisher = publisher(settings, feed);
      publisher.apply(files("catalog.yaml", OTHER), false, false);

      assertThat(publisher.apply(List.of(), false, false).wouldRemove())
          .containsExactly("catalog/catalog");
      assertThat(publisher.apply(List.of(), true, true).wouldRemove())
          .containsExactly("catalog/catalog");
      assertThat(feed.current().catalog().namespaces()).doesNotContainKey("anonymous_id");

      Applied pruned = publisher.apply(List.of(), true, false);
      assertThat(pruned.removed()).containsExactly("catalog/catalog");
      assertThat(pruned.wouldRemove()).isEmpty();
      assertThat(feed.current().catalog()).isEqualTo(Definitions.NONE.catalog());
    }
  }

  @Test
  void storedSetThatCannotBeTaken_leavesTheLastGoodOneInForce_andApplyRepairsIt(TestInfo test)
      throws Exception {
    KafkaSettings settings = settings(test);
    try (DefinitionsFeed feed = feed(settings)) {
      Applied good = publisher(settings, feed).apply(files("catalog.yaml", OTHER), false, false);
      Definition broken =
          Definition.newBuilder()
              .setKind("catalog")
              .setId("catalog")
              .setVersion(good.version() + 1)
              .setPath("catalog.yaml")
              .setYaml("namespaces: nonsense")
              .build();
      long offset;
      try (var producer = KafkaClients.producer(settings, "test")) {
        offset =
            producer
                .send(
                    new ProducerRecord<>(
                        settings.topics().definitions(),
                        "catalog/catalog".getBytes(StandardCharsets.UTF_8),
                        broken.toByteArray()))
                .get(30, TimeUnit.SECONDS)
                .offset();
      }
      feed.awaitOffset(offset + 1, WAIT);

      assertThat(feed.lastProblem())
          .hasValueSatisfying(p -> assertThat(p).contains("catalog.yaml:1:"));
      assertThat(feed.current().version()).isEqualTo(good.version());

      publisher(settings, feed).apply(files("catalog.yaml", CATALOG), false, false);
      assertThat(feed.lastProblem()).isEmpty();
      assertThat(feed.current().catalog().namespaces()).containsOnlyKeys("user_id");
    }
  }

  @Test
  void definitionThatAnEarlierVersionTook_isInForceAfterAStart_andIsNamed(TestInfo test)
      throws Exception {
    KafkaSettings settings = settings(test);
    Definition former =
        Definition.newBuilder()
            .setKind("audience")
            .setId("a")
            .setVersion(5)
            .setPath("audiences/a.yaml")
            .setYaml(
                "name: a\nwhen: {event: A, where: 'properties.l.filter(x, x > 1).size() > 0',"
                    + " within: 1d}\n")
            .build();
    try (var producer = KafkaClients.producer(settings, "test")) {
      producer
          .send(
              new ProducerRecord<>(
                  settings.topics().definitions(),
                  "audience/a".getBytes(StandardCharsets.UTF_8),
                  former.toByteArray()))
          .get(30, TimeUnit.SECONDS);
    }

    try (DefinitionsFeed feed = feed(settings);
        HttpServer server =
            HttpServer.start(
                HttpServerConfig.onPort(0),
                List.of(
                    new DefinitionsHttp(
                        publisher(settings, feed), feed, InstantSource.system())))) {
      assertThat(feed.current().audiences()).containsKey("a");
      JsonNode listed = get(server);
      assertThat(listed.path("problem").asText()).isEmpty();
      assertThat(listed.path("outdated")).hasSize(1);
      assertThat(listed.path("outdated").get(0).asText())
          .startsWith("audiences/a.yaml:2:")
          .contains("map and filter copy");

      // It is no reason to refuse others, nor to leave a pause without effect.
      assertThat(post(server, Map.of("catalog.yaml", CATALOG)).path("added").get(0).asText())
          .isEqualTo("catalog/catalog");
      assertThat(publisher(settings, feed).pause("a", true)).isTrue();
      assertThat(feed.current().paused()).containsExactly("a");

      post(server, Map.of("audiences/a.yaml", "name: a\nwhen: {event: A, within: 1d}\n"));
      assertThat(get(server).path("outdated")).isEmpty();
    }
  }

  @Test
  void routes_applyAndList_andABadFilePublishesNothing(TestInfo test) throws Exception {
    KafkaSettings settings = settings(test);
    try (DefinitionsFeed feed = feed(settings);
        HttpServer server =
            HttpServer.start(
                HttpServerConfig.onPort(0),
                List.of(
                    new DefinitionsHttp(
                        publisher(settings, feed), feed, InstantSource.system())))) {
      assertThat(post(server, Map.of("catalog.yaml", CATALOG)).path("added").get(0).asText())
          .isEqualTo("catalog/catalog");

      JsonNode refused = post(server, Map.of("catalog.yaml", "namespaces:\n  x: {unqiue: true}\n"));
      assertThat(refused.path("code").asText()).isEqualTo("invalid_definition");
      assertThat(refused.path("message").asText()).startsWith("catalog.yaml:2:7: unknown key");

      JsonNode listed = get(server);
      assertThat(listed.path("definitions")).hasSize(1);
      assertThat(listed.path("definitions").get(0).path("kind").asText()).isEqualTo("catalog");
      assertThat(listed.path("version").asLong()).isEqualTo(feed.current().version());
      assertThat(feed.current().catalog().namespaces()).containsOnlyKeys("user_id");

      JsonNode warned =
          post(
              server,
              Map.of("audiences/a.yaml", "name: a\nwhen: {event: Page Veiwed, within: 1d}\n"));
      assertThat(warned.path("added").get(0).asText()).as("it is taken").isEqualTo("audience/a");
      assertThat(warned.path("warnings").get(0).asText()).endsWith("did you mean \"Page Viewed\"?");
    }
  }

  private static JsonNode post(HttpServer server, Map<String, String> files) throws Exception {
    byte[] body =
        Json.write(
            json -> {
              json.writeStartObject();
              json.writeArrayFieldStart("files");
              for (var file : files.entrySet()) {
                json.writeStartObject();
                json.writeStringField("path", file.getKey());
                json.writeStringField("text", file.getValue());
                json.writeEndObject();
              }
              json.writeEndArray();
              json.writeEndObject();
            });
    return send(
        HttpRequest.newBuilder(uri(server, "/v1/definitions:apply"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  private static JsonNode get(HttpServer server) throws Exception {
    return send(HttpRequest.newBuilder(uri(server, "/v1/definitions")).GET());
  }

  private static URI uri(HttpServer server, String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private static JsonNode send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return Json.parse(
          client.send(request.timeout(WAIT).build(), BodyHandlers.ofByteArray()).body());
    }
  }
}
