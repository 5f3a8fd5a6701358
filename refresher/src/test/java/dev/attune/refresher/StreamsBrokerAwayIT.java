package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.Definition;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that goes away under a stream, and comes back with what it had. */
class StreamsBrokerAwayIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String PEOPLE =
      """
      name: people
      topic: people
      format: json
      start: earliest
      call: identify
      identifiers: {user_id: id}
      traits: all
      """;

  @TempDir Path kafkaDir;
  @TempDir Path stateDir;

  private static void produce(RunningRefresher refresher, String id) throws Exception {
    try (Producer<byte[], byte[]> producer = KafkaClients.producer(refresher.kafka, "people")) {
      producer
          .send(
              new ProducerRecord<>(
                  "people",
                  "{\"id\":\"%s\",\"plan\":\"pro\"}"
                      .formatted(id)
                      .getBytes(StandardCharsets.UTF_8)))
          .get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void brokerAway_isWaitedFor_andNothingIsLost() throws Exception {
    EmbeddedKafka kafka = EmbeddedKafka.start(kafkaDir, 0);
    try (RunningRefresher refresher =
        new RunningRefresher(
            RedisBackend.shared(), stateDir, kafka.bootstrapServers(), CollectorConfig.OPEN)) {
      try (Admin admin = KafkaClients.admin(refresher.kafka, "people-admin")) {
        admin
            .createTopics(List.of(new NewTopic("people", 1, (short) 1)))
            .all()
            .get(30, TimeUnit.SECONDS);
      }
      refresher.define(
          Definitions.parse(
              List.of(
                  Definition.newBuilder()
                      .setKind("stream")
                      .setId("people")
                      .setVersion(1)
                      .setPath("streams/people.yaml")
                      .setYaml(PEOPLE)
                      .build())));
      produce(refresher, "before");
      refresher.awaitTrait("user_id", "before", "plan");
      int port = kafka.port();
      kafka.close();
      // Defined while nobody can say whether there is such a topic.
      refresher.define(
          Definitions.parse(
              List.of(
                  Definition.newBuilder()
                      .setKind("stream")
                      .setId("again")
                      .setVersion(2)
                      .setPath("streams/again.yaml")
                      .setYaml(PEOPLE.replace("name: people", "name: again"))
                      .build())));
      Await.until(
          SOON,
          "the status does not say what is waited for",
          () -> "waits: Kafka does not answer".equals(refresher.status().get("stream again")));
      kafka = EmbeddedKafka.start(kafkaDir, port);
      produce(refresher, "after");
      refresher.awaitTrait("user_id", "after", "plan");
      assertThat(refresher.logged())
          .anyMatch(id -> id.startsWith("people-people-0-"))
          .anyMatch(id -> id.startsWith("again-people-0-"));
      assertThat(refresher.deadLetters).isEmpty();
    } finally {
      kafka.close();
    }
  }
}
