package dev.attune.profiles.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileCache;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Watermark;
import dev.attune.testkit.Await;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of its own, because it is stopped in between. */
class ChangesFeedIT {
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final int PARTITIONS = 3;

  @TempDir private Path folder;

  /** Remembers what it heard; fails at one of them. */
  private static final class Heard implements ProfileCache {
    final List<String> profileIds = new CopyOnWriteArrayList<>();

    @Override
    public void changed(Changed change) {
      String profileId = change.getRecord().getProfileId();
      if (profileId.equals("fails")) {
        throw new IllegalArgumentException("as the test says");
      }
      profileIds.add(profileId);
    }

    @Override
    public Counts counts() {
      return new Counts(0, 0, 0, 0, 0, 0);
    }

    @Override
    public CompletionStage<Reading> find(Identifier identifier, Duration maxAge, Duration timeout) {
      throw new UnsupportedOperationException("the feed does not read");
    }

    @Override
    public CompletionStage<Reading> findById(String profileId, Duration maxAge, Duration timeout) {
      throw new UnsupportedOperationException("the feed does not read");
    }

    @Override
    public boolean isOverload(Throwable error) {
      return false;
    }
  }

  private static byte[] change(String profileId) {
    return ProfileChange.newBuilder()
        .setChanged(
            Changed.newBuilder().setRecord(ProfileRecord.newBuilder().setProfileId(profileId)))
        .build()
        .toByteArray();
  }

  private static void send(
      Producer<byte[], byte[]> producer, String topic, int partition, byte @Nullable [] value)
      throws Exception {
    producer
        .send(new ProducerRecord<>(topic, partition, "k".getBytes(StandardCharsets.UTF_8), value))
        .get(30, TimeUnit.SECONDS);
  }

  @Test
  void feed_hearsEveryPartitionFromItsEnd_passesOverTheRest_andGoesOnAfterTheBrokerWasAway()
      throws Exception {
    Path data = folder.resolve("kafka");
    EmbeddedKafka broker = EmbeddedKafka.start(data, 0);
    KafkaSettings local = KafkaSettings.local(broker.bootstrapServers());
    KafkaSettings settings =
        new KafkaSettings(
            local.bootstrapServers(), local.topics(), local.replication(), PARTITIONS);
    String topic = settings.topics().profileChanges();
    Heard heard = new Heard();
    try {
      KafkaTopics.ensure(settings, WAIT);
      try (Producer<byte[], byte[]> producer = KafkaClients.producer(settings, "test")) {
        send(producer, topic, 0, change("before"));
        try (ChangesFeed feed = ChangesFeed.start(settings, heard, InstantSource.system())) {
          Await.until(WAIT, "the feed does not follow", feed::isFollowing);
          send(producer, topic, 0, new byte[] {-1, -1, -1});
          send(producer, topic, 0, null);
          send(producer, topic, 0, change("fails"));
          send(
              producer,
              topic,
              0,
              ProfileChange.newBuilder()
                  .setWatermark(Watermark.getDefaultInstance())
                  .build()
                  .toByteArray());
          for (int partition = 0; partition < PARTITIONS; partition++) {
            send(producer, topic, partition, change("p" + partition));
          }
          Await.until(WAIT, "not all was heard", () -> heard.profileIds.size() >= PARTITIONS);
          assertThat(heard.profileIds).containsExactlyInAnyOrder("p0", "p1", "p2");
          assertThat(feed.age()).isLessThan(WAIT);

          broker.close();
          broker = EmbeddedKafka.start(data, broker.port());
          send(producer, topic, 1, change("after"));
          Await.until(WAIT, "deaf after the restart", () -> heard.profileIds.contains("after"));
          assertThat(heard.profileIds).doesNotContain("before");
        }
      }
    } finally {
      broker.close();
    }
  }

  @Test
  void feed_whenNothingIsHeard_ages() throws Exception {
    long[] millis = {1_000};
    KafkaSettings nowhere = KafkaSettings.local("127.0.0.1:1");
    try (ChangesFeed feed =
        ChangesFeed.start(nowhere, new Heard(), () -> java.time.Instant.ofEpochMilli(millis[0]))) {
      assertThat(feed.age()).isZero();
      millis[0] = 61_000;
      assertThat(feed.age()).isEqualTo(Duration.ofMinutes(1));
      assertThat(feed.isFollowing()).isFalse();
    }
  }
}
