package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.http.Json;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.proto.v1.Definition;
import dev.attune.refresher.stream.RegistryConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Topics of Protobuf records as Confluent's serializer writes them. */
class ProtobufStreamsIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path stateDir;
  private final String topic = "orders." + UUID.randomUUID();
  private RecordedRegistry registry;
  private RunningRefresher refresher;
  private Producer<byte[], byte[]> producer;

  @BeforeEach
  void start() throws Exception {
    registry = new RecordedRegistry("protobuf", "reader:secret");
    refresher =
        new RunningRefresher(
            RedisBackend.shared(),
            stateDir,
            new RegistryConfig(registry.url(), "reader", "secret"));
    producer = KafkaClients.producer(refresher.kafka, "orders");
    try (Admin admin = KafkaClients.admin(refresher.kafka, "orders-admin")) {
      admin
          .createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
    String stream =
        """
        name: orders
        topic: %s
        format: protobuf
        start: earliest
        call: track
        event: Order Completed
        identifiers: {user_id: customer.id, email: customer.mail}
        time: created_at
        id: number
        properties: all
        """
            .formatted(topic);
    refresher.define(
        Definitions.parse(
            List.of(
                Definition.newBuilder()
                    .setKind("stream")
                    .setId("orders")
                    .setVersion(1)
                    .setPath("streams/orders.yaml")
                    .setYaml(stream)
                    .build())));
  }

  @AfterEach
  void stop() {
    producer.close();
    refresher.close();
    registry.close();
  }

  private void produce(byte[] record) throws Exception {
    producer.send(new ProducerRecord<>(topic, record)).get(30, TimeUnit.SECONDS);
  }

  private List<JsonNode> awaitEvents(int count) {
    Await.until(SOON, "not " + count + " events", () -> refresher.events().size() >= count);
    return refresher.events();
  }

  // A message inside another, types of another file, and one of Google's.
  @Test
  void record_becomesAnEvent() throws Exception {
    produce(registry.record("first"));
    JsonNode event = awaitEvents(1).getFirst();
    assertThat(event.path("messageId").textValue()).isEqualTo("o-1");
    assertThat(event.path("userId").longValue()).isEqualTo(42);
    assertThat(event.path("timestamp").textValue()).isEqualTo("2025-11-21T07:35:00.123Z");
    assertThat(event.path("properties"))
        .isEqualTo(
            Json.parse(
                """
                {"number": "o-1", "customer": {"id": 42, "mail": "Ann@x.example"},
                 "amount": {"cents": 950, "currency": "CHF"},
                 "created_at": "2025-11-21T07:35:00.123Z", "skus": ["A", "B"], "counts": {"A": 2},
                 "cash": true, "rating": 0, "raw": "AQI=", "weight": 0.5,
                 "total": 18446744073709551615}
                """
                    .getBytes(StandardCharsets.UTF_8)));
    assertThat(refresher.deadLetters).isEmpty();
  }

  @Test
  void badRecords_areDeadLettersAndHoldUpNobody() throws Exception {
    byte[] first = registry.record("first");
    byte[] unknown = first.clone();
    unknown[2] = 0x0f;
    unknown[3] = 0x42;
    unknown[4] = 0x3f;
    byte[] noMessage = first.clone();
    // The last of its positions: 1 becomes 7.
    noMessage[7] = 14;
    for (byte[] bad :
        List.of(
            new byte[0],
            unknown,
            noMessage,
            Arrays.copyOf(first, 20),
            registry.record("other"),
            first)) {
      produce(bad);
    }
    awaitEvents(1);
    assertThat(refresher.deadLetters)
        .extracting(letter -> letter.getReason().replaceFirst(".*-\\d+: ", ""))
        .containsExactly(
            "the record does not begin with the id of a schema (expected: a zero byte and four"
                + " bytes, as Confluent's serializers write them)",
            "the schema registry has no schema 999999",
            "the record says that it is a message which its schema 5 does not have",
            "the record does not fit its schema 5 (Protobuf: InvalidProtocolBufferException)",
            // The file's first message, for which the list of positions is empty.
            "id: number is missing, or neither a text nor a whole number");
  }
}
