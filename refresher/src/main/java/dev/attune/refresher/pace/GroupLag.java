package dev.attune.refresher.pace;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer group as a follower: how old the oldest record is that it has not committed yet, to a
 * power of two. Offsets alone would not do: a thousand records are much for one group and little
 * for another.
 *
 * <p>A group that never committed, or that cannot be asked about now, is not behind as far as is
 * known.
 */
public final class GroupLag implements Follower {
  private static final Duration ASKED_EVERY = Duration.ofSeconds(1);
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration GREATEST = Duration.ofDays(7);
  private static final Logger LOG = LoggerFactory.getLogger(GroupLag.class);

  private final Admin admin;
  private final String name;
  private final String group;
  private final String topic;
  private final Duration least;
  private final InstantSource clock;
  private Instant askedAt = Instant.MIN;
  private Duration behind = Duration.ZERO;

  /**
   * @param name what a run calls it
   * @param least who is behind by less is not told to be
   */
  public GroupLag(
      Admin admin, String name, String group, String topic, Duration least, InstantSource clock) {
    this.admin = admin;
    this.name = name;
    this.group = group;
    this.topic = topic;
    this.least = least;
    this.clock = clock;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized Duration behind() {
    Instant now = clock.instant();
    if (now.isBefore(askedAt) || !now.isBefore(askedAt.plus(ASKED_EVERY))) {
      askedAt = now;
      behind = ask(now);
    }
    return behind;
  }

  private Duration ask(Instant now) {
    try {
      Map<TopicPartition, Long> waiting = waiting();
      Duration oldest = Duration.ZERO;
      for (Duration age = least;
          !waiting.isEmpty() && age.compareTo(GREATEST) < 0;
          age = age.multipliedBy(2)) {
        waiting = olderThan(waiting, now.minus(age));
        if (!waiting.isEmpty()) {
          oldest = age;
        }
      }
      return oldest;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Duration.ZERO;
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      LOG.debug("How far {} is cannot be asked now", name, e);
      return Duration.ZERO;
    }
  }

  /** Where the group is in partitions of which it has not read all. */
  private Map<TopicPartition, Long> waiting()
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<TopicPartition, Long> at = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin
            .listConsumerGroupOffsets(group)
            .partitionsToOffsetAndMetadata()
            .get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    committed.forEach(
        (partition, offset) -> {
          // Nothing is known of a partition that it never committed.
          if (partition.topic().equals(topic) && offset != null) {
            at.put(partition, offset.offset());
          }
        });
    Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(at, OffsetSpec.latest());
    at.entrySet()
        .removeIf(
            entry -> entry.getValue() >= Objects.requireNonNull(ends.get(entry.getKey())).offset());
    return at;
  }

  // The first record since then lies behind the one that the group is at, or there is none.
  private Map<TopicPartition, Long> olderThan(Map<TopicPartition, Long> at, Instant time)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<TopicPartition, ListOffsetsResultInfo> since =
        offsets(at, OffsetSpec.forTimestamp(time.toEpochMilli()));
    Map<TopicPartition, Long> older = new HashMap<>();
    at.forEach(
        (partition, offset) -> {
          long first = Objects.requireNonNull(since.get(partition)).offset();
          if (first < 0 || first > offset) {
            older.put(partition, offset);
          }
        });
    return older;
  }

  private Map<TopicPartition, ListOffsetsResultInfo> offsets(
      Map<TopicPartition, Long> partitions, OffsetSpec spec)
      throws InterruptedException, ExecutionException, TimeoutException {
    return admin
        .listOffsets(partitions.keySet().stream().collect(Collectors.toMap(p -> p, _ -> spec)))
        .all()
        .get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
  }
}
