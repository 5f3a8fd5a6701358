package dev.attune.refresher.stream;

import dev.attune.platform.kafka.KafkaUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Which of the users' topics there are, and where the reading of one begins.
 *
 * <p>A consumer's own {@code auto.offset.reset: latest} would skip what was written into a
 * partition before the consumer learnt of it, and everything once its offset is gone. So where to
 * begin is written down once, as the group's offsets, and what has none is read from its start.
 */
final class TopicStarts {
  private final Admin admin;
  private final Duration timeout;

  TopicStarts(Admin admin, Duration timeout) {
    this.admin = admin;
    this.timeout = timeout;
  }

  /**
   * Partitions of the topics that are there, by name.
   *
   * @throws KafkaUnavailableException when Kafka does not say in time
   */
  Map<String, Integer> partitions(Collection<String> topics) {
    Map<String, Integer> partitions = new HashMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> topic :
        admin.describeTopics(topics).topicNameValues().entrySet()) {
      try {
        partitions.put(topic.getKey(), get(topic.getValue()).partitions().size());
      } catch (KafkaUnavailableException e) {
        if (!(e.getCause() instanceof ExecutionException failed)
            || !(failed.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
      }
    }
    return partitions;
  }

  /**
   * Writes down that a group begins a topic with what comes from now on, unless it has begun
   * already.
   *
   * @param atStart with all that the topic has: it is newer than the group
   */
  void beginAtEnd(String group, String topic, int partitions, boolean atStart) {
    Set<TopicPartition> all = new HashSet<>();
    for (int i = 0; i < partitions; i++) {
      all.add(new TopicPartition(topic, i));
    }
    boolean begun =
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
            .entrySet()
            .stream()
            .anyMatch(offset -> offset.getValue() != null && offset.getKey().topic().equals(topic));
    if (begun) {
      return;
    }
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    all.forEach(p -> asked.put(p, atStart ? OffsetSpec.earliest() : OffsetSpec.latest()));
    Map<TopicPartition, OffsetAndMetadata> starts = new HashMap<>();
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> start :
        get(admin.listOffsets(asked).all()).entrySet()) {
      starts.put(start.getKey(), new OffsetAndMetadata(start.getValue().offset()));
    }
    // Refused while another process reads in this group; that one has written it down then.
    get(admin.alterConsumerGroupOffsets(group, starts).all());
  }

  private <T> T get(Future<T> future) {
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaUnavailableException("Kafka does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while asking Kafka", e);
    }
  }
}
