package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.ProfileChange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log of changes, read for whoever only looks: bounded in records, bytes and time.
 */
final class ChangesLog {
  private static final Logger LOG = LoggerFactory.getLogger(ChangesLog.class);

  /** Most changes, of all partitions together: the newest ones. */
  private static final long CHANGES_MAX = 100_000;

  /** Most bytes of events. */
  private static final long BYTES_MAX = 64L << 20;

  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaSettings kafka;
  private final InstantSource wall;

  ChangesLog(KafkaSettings kafka, InstantSource wall) {
    this.kafka = kafka;
    this.wall = wall;
  }

  /**
   * Events of these names in these partitions; {@link LoggedEvents#NONE} when they could not be
   * read to their end in time.
   */
  LoggedEvents read(Set<String> names, Set<Integer> numbers) {
    List<TopicPartition> partitions =
        numbers.stream()
            .map(number -> new TopicPartition(kafka.topics().profileChanges(), number))
            .toList();
    long deadline = System.nanoTime() + LONGEST.toNanos();
    try (Consumer<byte[], byte[]> consumer =
        KafkaClients.consumer(kafka, "attune-evaluator-preview")) {
      consumer.assign(partitions);
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, LONGEST);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, LONGEST);
      for (TopicPartition each : partitions) {
        long newest = ends.getOrDefault(each, 0L) - CHANGES_MAX / partitions.size();
        consumer.seek(each, Math.max(begins.getOrDefault(each, 0L), newest));
      }
      var gathering =
          new LoggedEvents.Gathering(
              names, BYTES_MAX, TimeUnit.MILLISECONDS.toMicros(wall.millis()));
      Set<Integer> begun = new HashSet<>();
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        if (System.nanoTime() > deadline) {
          LOG.warn("the log of changes was not read to its end within {} s", LONGEST.toSeconds());
          return LoggedEvents.NONE;
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          take(record, begun.add(record.partition()), gathering);
        }
      }
      return gathering.all();
    } catch (KafkaException e) {
      LOG.warn("the log of changes cannot be read for a preview: {}", e.getMessage());
      return LoggedEvents.NONE;
    }
  }

  private static void take(
      ConsumerRecord<byte[], byte[]> record, boolean first, LoggedEvents.Gathering gathering) {
    long toldMicros = TimeUnit.MILLISECONDS.toMicros(record.timestamp());
    if (first) {
      gathering.begins(record.offset(), toldMicros);
    }
    if (record.value() == null) {
      return;
    }
    try {
      ProfileChange change = ProfileChange.parseFrom(record.value());
      if (change.hasChanged()) {
        gathering.add(change.getChanged(), toldMicros);
      }
    } catch (InvalidProtocolBufferException e) {
      // The evaluator itself has made a dead letter of it.
      LOG.debug("the change at {}-{} does not parse", record.partition(), record.offset());
    }
  }
}
