package dev.attune.refresher.event;

import dev.attune.proto.v1.Watermark;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the readers of {@code attune.profile-changes} up to when every event has been written.
 *
 * <p>On the wall clock: the ends of the partitions are asked for at a time t; once the consumer has
 * handled everything up to an end, whatever the log accepted in that partition before t is written.
 */
final class Watermarks {
  private static final Logger LOG = LoggerFactory.getLogger(Watermarks.class);
  private static final Duration WHILE_EVENTS_COME = Duration.ofMillis(250);

  /** Nothing waits for a mark then but timers, and every mark is a record in a topic kept for days. */
  private static final Duration WHILE_QUIET = Duration.ofSeconds(1);

  /** The broker's clock, which stamps, may be behind ours by this much. */
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofMillis(100);

  private final KafkaChanges changes;
  private final InstantSource clock;
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private Map<TopicPartition, Long> lastEnds = Map.of();
  private Duration pause = WHILE_EVENTS_COME;
  private long askedAtMillis;
  private int partitions;

  Watermarks(KafkaChanges changes, InstantSource clock) {
    this.changes = changes;
    this.clock = clock;
  }

  /** After each poll, once its records are handled. */
  void polled(Consumer<byte[], byte[]> consumer) {
    ends.entrySet()
        .removeIf(
            end -> {
              TopicPartition partition = end.getKey();
              if (!consumer.assignment().contains(partition)) {
                return true;
              }
              if (consumer.position(partition) < end.getValue()) {
                return false;
              }
              long time = askedAtMillis - CLOCK_DIFFERENCE_MAX.toMillis();
              emit(partition.partition(), time * 1_000);
              return true;
            });
    long now = clock.millis();
    if (ends.isEmpty()
        && now - askedAtMillis >= pause.toMillis()
        && !consumer.assignment().isEmpty()) {
      try {
        partitions = consumer.partitionsFor(anyTopic(consumer)).size();
        ends.putAll(consumer.endOffsets(consumer.assignment(), Duration.ofSeconds(2)));
        pause = ends.equals(lastEnds) ? WHILE_QUIET : WHILE_EVENTS_COME;
        lastEnds = Map.copyOf(ends);
        askedAtMillis = now;
      } catch (TimeoutException e) {
        LOG.debug("the ends of the events are not known now", e);
      }
    }
  }

  /** A job's clock, as one partition of its events says it. */
  void tick(Consumer<byte[], byte[]> consumer, int partition, long micros) {
    partitions = consumer.partitionsFor(anyTopic(consumer)).size();
    emit(partition, micros);
  }

  private static String anyTopic(Consumer<byte[], byte[]> consumer) {
    return consumer.assignment().iterator().next().topic();
  }

  private void emit(int partition, long micros) {
    changes.watermark(
        Watermark.newBuilder()
            .setEventsPartition(partition)
            .setEventsPartitions(partitions)
            .setTimeMicros(micros)
            .build());
  }
}
