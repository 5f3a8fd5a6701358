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

/** Topics of Avro records, each with the schema with which Confluent's serializer wrote it. */
class AvroStreamsIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path stateDir;
  private final String topic = "orders." + UUID.randomUUID();
  private RecordedRegistry registry;
  private RunningRefresher refresher;
  private Producer<byte[], byte[]> producer;

  @BeforeEach
  void start() throws Exception {
    registry = new RecordedRegistry("avro", "reader:secret");
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
        format: avro
        start: earliest
        call: track
        event: Order Completed
        identifiers: {user_id: customer.id, email: customer.mail}
        time: at
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

  private JsonNode event(String id) {
    return refresher.events().stream()
        .filter(event -> event.path("messageId").textValue().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode json(String json) {
    return Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void records_ofTwoVersionsOfASchema_becomeEvents() throws Exception {
    produce(registry.record("first"));
    produce(registry.record("second"));
    produce(registry.record("first"));
    awaitEvents(3);
    JsonNode first = event("o-1");
    assertThat(first.path("userId").longValue()).isEqualTo(42);
    assertThat(first.path("timestamp").textValue()).isEqualTo("2025-11-21T07:35:00.123Z");
    assertThat(first.path("properties"))
        .isEqualTo(
            json(
                "{'number':'o-1','customer':{'id':42,'mail':'Ann@x.example'},"
                    + "'amount':{'value':9.50,'currency':'CHF'},'at':'2025-11-21T07:35:00.123Z',"
                    + "'day':'2025-11-21','lines':[{'sku':'A','count':2},{'gift':true}]}"));
    assertThat(event("o-2").path("properties").path("coupon").textValue()).isEqualTo("SAVE");
    assertThat(event("o-2").path("properties").path("amount").path("value").decimalValue())
        .isEqualByComparingTo("-0.05");
    Await.until(
        SOON,
        "the e-mail address leads to nobody",
        () -> refresher.profile("email", "ann@x.example").isPresent());
    // Two schemas, and once each what both refer to.
    assertThat(registry.requests.get()).isEqualTo(4);
    assertThat(refresher.deadLetters).isEmpty();
  }

  // Nothing is kept of what cannot be read: nobody could tell whether it has forbidden data.
  @Test
  void badRecords_areDeadLettersAndHoldUpNobody() throws Exception {
    byte[] first = registry.record("first");
    byte[] unknown = first.clone();
    unknown[2] = 0x0f;
    unknown[3] = 0x42;
    unknown[4] = 0x3f;
    // A first text that claims 1,500,000,000 bytes: room for them would end the process.
    byte[] huge = Arrays.copyOf(first, 10);
    byte[] length = {(byte) 0x80, (byte) 0xbc, (byte) 0xc1, (byte) 0x96, 0x0b};
    System.arraycopy(length, 0, huge, 5, length.length);
    byte[] longer = Arrays.copyOf(first, first.length + 1);
    for (byte[] bad :
        List.of(
            "{}".getBytes(StandardCharsets.UTF_8),
            "{\"number\":1}".getBytes(StandardCharsets.UTF_8),
            unknown,
            Arrays.copyOf(first, 20),
            huge,
            longer)) {
      produce(bad);
    }
    produce(registry.record("second"));
    awaitEvents(1);
    assertThat(refresher.deadLetters)
        .extracting(letter -> letter.getReason().replaceFirst(".*-\\d+: ", ""))
        .containsExactly(
            "the record does not begin with the id of a schema (expected: a zero byte and four"
                + " bytes, as Confluent's serializers write them)",
            "the record does not begin with the id of a schema (expected: a zero byte and four"
                + " bytes, as Confluent's serializers write them)",
            "the schema registry has no schema 999999",
            "the record does not fit its schema 2 (Avro: EOFException)",
            "the record does not fit its schema 2 (Avro: SystemLimitException)",
            "the record is longer than its schema 2 says");
    assertThat(refresher.deadLetters)
        .allSatisfy(letter -> assertThat(letter.getValue().isEmpty()).isTrue());
  }

  // What stands before the record that waits is not told again with each try.
  @Test
  void registryAway_isWaitedForAndLosesNothing() throws Exception {
    registry.trouble = 503;
    var bad = producer.send(new ProducerRecord<>(topic, new byte[0]));
    produce(registry.record("first"));
    bad.get(30, TimeUnit.SECONDS);
    Await.until(
        SOON,
        "the status does not say what is waited for",
        () ->
            String.valueOf(refresher.status().get("stream orders"))
                .startsWith("waits: the schema registry cannot be used: it answers 503"));
    Await.until(SOON, "it is not tried again", () -> registry.requests.get() >= 4);
    assertThat(refresher.events()).isEmpty();
    registry.trouble = 0;
    awaitEvents(1);
    assertThat(refresher.events()).hasSize(1);
    assertThat(refresher.deadLetters).hasSize(1);
  }

  // An address or a password that is wrong is no reason to give up a record.
  @Test
  void wrongPassword_isWaitedFor() throws Exception {
    try (RecordedRegistry other = new RecordedRegistry("avro", "reader:other");
        RunningRefresher wrong =
            new RunningRefresher(
                RedisBackend.shared(),
                stateDir.resolve("wrong"),
                new RegistryConfig(other.url(), "reader", "secret"))) {
      produce(registry.record("first"));
      awaitEvents(1);
      wrong.define(
          Definitions.parse(
              List.of(
                  Definition.newBuilder()
                      .setKind("stream")
                      .setId("orders")
                      .setVersion(1)
                      .setPath("streams/orders.yaml")
                      .setYaml(
                          """
                          name: orders
                          topic: %s
                          format: avro
                          start: earliest
                          call: identify
                          identifiers: {user_id: number}
                          """
                              .formatted(topic))
                      .build())));
      Await.until(
          SOON,
          "the status does not say what is wrong",
          () ->
              String.valueOf(wrong.status().get("stream orders"))
                  .startsWith("waits: the schema registry cannot be used: it answers 401"));
      assertThat(wrong.deadLetters).isEmpty();
    }
  }
}
