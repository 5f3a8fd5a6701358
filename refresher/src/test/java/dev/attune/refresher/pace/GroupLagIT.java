package dev.attune.refresher.pace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.testkit.KafkaBackend;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** How far a group is behind, asked of a real broker. */
class GroupLagIT {
  private static final int PARTITIONS = 2;
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final KafkaSettings kafka = KafkaSettings.local(KafkaBackend.shared().bootstrapServers());
  private final String topic = "lag-" + UUID.randomUUID();
  private final String group = topic + ".group";
  private Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  private void write(Producer<byte[], byte[]> producer, int partition, Duration age)
      throws Exception {
    producer
        .send(
            new ProducerRecord<>(
                topic, partition, now.minus(age).toEpochMilli(), new byte[0], new byte[0]))
        .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
  }

  private void commit(Admin admin, int partition, long offset) throws Exception {
    admin
        .alterConsumerGroupOffsets(
            group, Map.of(new TopicPartition(topic, partition), new OffsetAndMetadata(offset)))
        .all()
        .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
  }

  /** Asked anew each time: what is known is kept for a second. */
  private Duration behind(GroupLag lag) {
    now = now.plusSeconds(1);
    return lag.behind();
  }

  @Test
  void group_isAsFarBehindAsTheOldestRecordThatItHasNotCommitted() throws Exception {
    try (Admin admin = KafkaClients.admin(kafka, "lag");
        Producer<byte[], byte[]> producer = KafkaClients.producer(kafka, "lag")) {
      admin
          .createTopics(List.of(new NewTopic(topic, Optional.of(PARTITIONS), Optional.empty())))
          .all()
          .get(ANSWER.toSeconds(), TimeUnit.SECONDS);
      var lag = new GroupLag(admin, "the group", group, topic, Pacer.BEHIND_MAX, () -> now);
      write(producer, 0, Duration.ofMinutes(10));
      write(producer, 0, Duration.ofSeconds(100));
      write(producer, 0, Duration.ofSeconds(1));
      write(producer, 1, Duration.ofSeconds(15));

      assertThat(behind(lag)).as("it never committed").isZero();
      commit(admin, 0, 1);
      assertThat(behind(lag)).as("100 s, to a power of two").isEqualTo(Duration.ofSeconds(80));
      assertThat(lag.behind()).isEqualTo(Duration.ofSeconds(80));
      commit(admin, 0, 0);
      assertThat(lag.behind()).as("kept for a second").isEqualTo(Duration.ofSeconds(80));
      assertThat(behind(lag)).isEqualTo(Duration.ofSeconds(320));
      commit(admin, 0, 2);
      assertThat(behind(lag)).as("a few seconds are nothing").isZero();
      commit(admin, 1, 0);
      assertThat(behind(lag)).as("the worst partition counts").isEqualTo(Duration.ofSeconds(10));
      commit(admin, 0, 3);
      commit(admin, 1, 1);
      now = now.plus(Duration.ofDays(1));
      assertThat(behind(lag)).as("it has all").isZero();
    }
  }
}
