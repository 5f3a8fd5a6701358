package dev.attune.platform.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.testkit.KafkaBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class KafkaTopicsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  // A record that meets a leader that does not serve yet is stuck until its producer gives up.
  @Test
  @Timeout(120)
  void ensure_newTopics_takeRecordsAtOnce() throws Exception {
    for (int i = 0; i < 10; i++) {
      KafkaSettings kafka =
          KafkaSettings.local(KafkaBackend.shared().bootstrapServers())
              .withTopics(new Topics("it-" + UUID.randomUUID()));
      KafkaTopics.ensure(kafka, TIMEOUT);
      List<CompletableFuture<?>> sent = new ArrayList<>();
      try (Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "topics-it")) {
        for (int record = 0; record < 20; record++) {
          for (String topic : kafka.topics().specs(kafka.partitions()).keySet()) {
            sent.add(
                KafkaSends.send(
                        producer,
                        new ProducerRecord<>(topic, new byte[] {(byte) record}, new byte[100]))
                    .toCompletableFuture());
          }
        }
        CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void ensure_topicsThatAreThere_leavesThemWithTheirPartitions() {
    KafkaSettings two =
        new KafkaSettings(
            KafkaBackend.shared().bootstrapServers(),
            new Topics("it-" + UUID.randomUUID()),
            (short) 1,
            2);
    KafkaTopics.ensure(two, TIMEOUT);
    KafkaTopics.ensure(
        new KafkaSettings(two.bootstrapServers(), two.topics(), (short) 1, 4), TIMEOUT);
    try (Producer<byte[], byte[]> producer = KafkaClients.producer(two, "topics-it")) {
      assertThat(producer.partitionsFor(two.topics().events())).hasSize(2);
    }
  }
}
