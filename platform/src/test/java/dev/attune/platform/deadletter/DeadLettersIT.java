package dev.attune.platform.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keeping, listing and replaying on a real broker. */
class DeadLettersIT {
  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir private static Path folder;
  private static EmbeddedKafka broker;
  private static KafkaSettings settings;

  @BeforeAll
  static void start() {
    broker = EmbeddedKafka.start(folder.resolve("kafka"), 0);
    settings = KafkaSettings.local(broker.bootstrapServers());
    KafkaTopics.ensure(settings, WAIT);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  private static DeadLetter letter(String id, String replayTopic, ByteString value) {
    return DeadLetter.newBuilder()
        .setId(id)
        .setPart("refresher")
        .setTopic(replayTopic)
        .setKey(ByteString.copyFromUtf8("42"))
        .setValue(value)
        .setReason("not valid JSON at line 1, column 2")
        .setAttempts(1)
        .setAtMicros(1_000_000)
        .setReplayTopic(replayTopic)
        .addHeaders(
            ValueEntry.newBuilder()
                .setKey("traceparent")
                .setValue(Value.newBuilder().setText("00-1-2-01")))
        .build();
  }

  @Test
  void letters_areListedShownAndReplayedOnce() throws Exception {
    String events = settings.topics().events();
    try (KafkaDeadLetters letters = KafkaDeadLetters.create(settings);
        DeadLetterLog log = DeadLetterLog.start(settings);
        DeadLetterReplay replay = DeadLetterReplay.create(settings, log, InstantSource.system());
        HttpServer server =
            HttpServer.start(
                HttpServerConfig.onPort(0), List.of(new DeadLettersHttp(log, replay)))) {
      log.awaitLoaded(WAIT);
      send(letters, letter("good", events, ByteString.copyFromUtf8("{\"a\":1}")));
      send(letters, letter("binary", "", ByteString.copyFrom(new byte[] {(byte) 0xff, 0})));
      send(letters, letter("foreign", "somebody-elses", ByteString.EMPTY));
      send(letters, letter("huge", events, ByteString.copyFrom(new byte[600_000])));
      log.awaitOffset(4, WAIT);

      JsonNode listed = get(server, "/v1/dead-letters?limit=2");
      assertThat(listed.path("open").asInt()).isEqualTo(4);
      assertThat(listed.path("deadLetters")).hasSize(2);
      assertThat(listed.path("deadLetters").get(0).path("id").asText()).isEqualTo("huge");
      assertThat(listed.path("deadLetters").get(0).has("value")).isFalse();
      assertThat(get(server, "/v1/dead-letters?part=collector").path("deadLetters")).isEmpty();
      assertThat(get(server, "/v1/dead-letters?limit=0").path("code").asText())
          .isEqualTo("invalid_request");

      JsonNode good = get(server, "/v1/dead-letters/good");
      assertThat(good.path("value").asText()).isEqualTo("{\"a\":1}");
      assertThat(good.path("at").asText()).isEqualTo("1970-01-01T00:00:01Z");
      assertThat(get(server, "/v1/dead-letters/binary").path("valueBase64").asText())
          .isEqualTo("/wA=");
      assertThat(get(server, "/v1/dead-letters/huge").path("reason").asText())
          .contains("cut from 600000 bytes");
      assertThat(get(server, "/v1/dead-letters/none").path("code").asText()).isEqualTo("not_found");

      JsonNode replayed =
          post(server, "{\"ids\":[\"good\",\"binary\",\"foreign\",\"huge\",\"none\"]}");
      assertThat(replayed.path("replayed")).hasSize(1);
      assertThat(replayed.path("skipped")).hasSize(4);
      assertThat(replayed.path("open").asInt()).isEqualTo(3);
      assertThat(get(server, "/v1/dead-letters/good").path("replayed").asBoolean()).isTrue();
      assertThat(post(server, "{\"all\":true}").path("replayed")).isEmpty();
      assertThat(post(server, "{}").path("code").asText()).isEqualTo("invalid_request");
    }
    List<ConsumerRecord<byte[], byte[]>> records = readAll(events);
    assertThat(records).hasSize(1);
    assertThat(records.getFirst().key()).isEqualTo(new byte[] {'4', '2'});
    assertThat(records.getFirst().value()).asString().isEqualTo("{\"a\":1}");
    assertThat(records.getFirst().headers().lastHeader("traceparent").value())
        .asString()
        .isEqualTo("00-1-2-01");
    try (DeadLetterLog later = DeadLetterLog.start(settings)) {
      later.awaitLoaded(WAIT);
      assertThat(later.open()).isEqualTo(3);
    }
  }

  private static void send(KafkaDeadLetters letters, DeadLetter letter) throws Exception {
    letters.send(letter).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static List<ConsumerRecord<byte[], byte[]>> readAll(String topic) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    try (var consumer = KafkaClients.consumer(settings, "test")) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      var ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    return all;
  }

  private static JsonNode get(HttpServer server, String path) throws Exception {
    return send(HttpRequest.newBuilder(uri(server, path)).GET());
  }

  private static JsonNode post(HttpServer server, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri(server, "/v1/dead-letters:replay"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static URI uri(HttpServer server, String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private static JsonNode send(HttpRequest.Builder request) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return Json.parseLarge(
          client.send(request.timeout(WAIT).build(), BodyHandlers.ofByteArray()).body());
    }
  }
}
