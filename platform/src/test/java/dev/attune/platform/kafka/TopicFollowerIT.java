package dev.attune.platform.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.embedded.EmbeddedKafka;
import dev.attune.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of its own, because it is stopped in between. */
class TopicFollowerIT {
  private static final Duration WAIT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  /** Remembers what was read, and where it was told that this is all. */
  private static final class Seen implements TopicFollower.Reader {
    final List<String> records = new CopyOnWriteArrayList<>();

    @Override
    public void restart() {
      records.clear();
    }

    @Override
    public void record(ConsumerRecord<byte[], byte[]> record) {
      records.add(new String(record.value(), StandardCharsets.UTF_8));
    }

    @Override
    public void caughtUp(long position) {
      records.add("|");
    }
  }

  @Test
  void follower_seesTransactionsWhole_neverAbortedOnes_andGoesOnAfterTheBrokerWasAway()
      throws Exception {
    Path data = folder.resolve("kafka");
    EmbeddedKafka broker = EmbeddedKafka.start(data, 0);
    KafkaSettings settings = KafkaSettings.local(broker.bootstrapServers());
    String topic = settings.topics().definitions();
    Seen seen = new Seen();
    try {
      KafkaTopics.ensure(settings, WAIT);
      try (TopicFollower follower = TopicFollower.start(settings, topic, seen)) {
        assertThat(follower.awaitOffset(0, WAIT)).as("read to the end").isTrue();
        assertThat(seen.records).containsExactly("|");

        send(settings, topic, false, "aborted");
        long last = send(settings, topic, true, "a", "b", "c");
        assertThat(follower.awaitOffset(last + 1, WAIT)).as("read the transaction").isTrue();
        assertThat(seen.records).containsExactly("|", "a", "b", "c", "|");

        broker.close();
        broker = EmbeddedKafka.start(data, broker.port());
        last = send(settings, topic, true, "d");
        assertThat(follower.awaitOffset(last + 1, WAIT)).as("read after the restart").isTrue();
        assertThat(seen.records).endsWith("d", "|").contains("a", "b", "c");
      }
    } finally {
      broker.close();
    }
  }

  // Definitions that are in the topic no longer must not stay in force until the next restart.
  @Test
  void follower_forgetsWhatItRead_whenTheTopicIsMadeAnew() throws Exception {
    try (EmbeddedKafka broker = EmbeddedKafka.start(folder.resolve("anew"), 0)) {
      KafkaSettings settings = KafkaSettings.local(broker.bootstrapServers());
      String topic = settings.topics().definitions();
      Seen seen = new Seen();
      KafkaTopics.ensure(settings, WAIT);
      try (var admin = KafkaClients.admin(settings, "test");
          TopicFollower follower = TopicFollower.start(settings, topic, seen)) {
        long last = send(settings, topic, true, "a", "b", "c");
        assertThat(follower.awaitOffset(last + 1, WAIT)).as("read the transaction").isTrue();

        admin.deleteTopics(List.of(topic)).all().get(30, TimeUnit.SECONDS);
        Await.until(WAIT, "the topic is still there", () -> !names(admin).contains(topic));
        KafkaTopics.ensure(settings, WAIT);
        send(settings, topic, true, "d");
        Await.until(WAIT, "the new topic was not read", () -> seen.records.contains("d"));
        assertThat(seen.records).doesNotContain("a", "b", "c");
      }
    }
  }

  private static Set<String> names(Admin admin) {
    try {
      return admin.listTopics().names().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the topics could not be listed", e);
    }
  }

  /** Returns the last offset. */
  private static long send(KafkaSettings settings, String topic, boolean commit, String... values)
      throws Exception {
    var properties = KafkaClients.transactionalProducerProperties(settings, "test", "test");
    try (var producer = new KafkaProducer<byte[], byte[]>(properties)) {
      producer.initTransactions();
      producer.beginTransaction();
      long last = -1;
      for (String value : values) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        last =
            producer
                .send(new ProducerRecord<>(topic, 0, bytes, bytes))
                .get(30, TimeUnit.SECONDS)
                .offset();
      }
      if (commit) {
        producer.commitTransaction();
      } else {
        producer.abortTransaction();
      }
      return last;
    }
  }

  @Test
  void lag_isWhatAGroupHasNotCommitted() throws Exception {
    try (EmbeddedKafka broker = EmbeddedKafka.start(folder.resolve("lag"), 0)) {
      KafkaSettings settings = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(settings, WAIT);
      TopicPartition partition = new TopicPartition(settings.topics().events(), 0);
      try (var producer = KafkaClients.producer(settings, "test")) {
        for (int i = 0; i < 5; i++) {
          producer
              .send(new ProducerRecord<>(partition.topic(), 0, new byte[1], new byte[1]))
              .get(30, TimeUnit.SECONDS);
        }
      }
      try (var admin = KafkaClients.admin(settings, "test");
          var consumer = KafkaClients.consumer(settings, "test", "attune.some")) {
        assertThat(KafkaLag.total(admin, "attune.some", WAIT)).isZero();
        consumer.assign(List.of(partition));
        consumer.commitSync(Map.of(partition, new OffsetAndMetadata(2)));
        assertThat(KafkaLag.of(admin, "attune.some", WAIT)).containsEntry(partition, 3L);
        assertThat(KafkaLag.total(admin, "attune.some", WAIT)).isEqualTo(3);
      }
    }
  }
}
