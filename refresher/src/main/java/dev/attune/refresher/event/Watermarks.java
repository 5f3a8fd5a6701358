package dev.attune.refresher.event;

import dev.attune.proto.v1.Watermark;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
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

  /**
   * Nothing waits for a mark then but timers, and every mark is a record in a topic kept for days.
   */
  private static final Duration WHILE_QUIET = Duration.ofSeconds(1);

  /** The broker's clock, which stamps, may be behind ours by this much. */
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofMillis(100);

  private final KafkaChanges changes;
  private final Admin admin;
  private final InstantSource clock;
  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private Map<TopicPartition, Long> lastEnds = Map.of();
  private Duration pause = WHILE_EVENTS_COME;
  private long askedAtMillis;
  // Not waited for: the events would wait with it.
  private @Nullable KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> asked;

  Watermarks(KafkaChanges changes, Admin admin, InstantSource clock) {
    this.changes = changes;
    this.admin = admin;
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
              // A lost one is made good by the next.
              var _ = changes.watermark(watermark(partition.partition(), time * 1_000));
              return true;
            });
    if (asked != null) {
      takeAnswer(asked);
    } else if (ends.isEmpty()
        && clock.millis() - askedAtMillis >= pause.toMillis()
        && !consumer.assignment().isEmpty()) {
      ask(consumer.assignment());
    }
  }

  // The ends that producers have reached, open transactions included: the position cannot pass
  // those, so neither does the mark.
  private void ask(Set<TopicPartition> partitions) {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    askedAtMillis = clock.millis();
    asked =
        admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED)).all();
  }

  private void takeAnswer(KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> answer) {
    if (!answer.isDone()) {
      return;
    }
    asked = null;
    try {
      answer.getNow(Map.of()).forEach((partition, end) -> ends.put(partition, end.offset()));
      pause = ends.equals(lastEnds) ? WHILE_QUIET : WHILE_EVENTS_COME;
      lastEnds = Map.copyOf(ends);
    } catch (ExecutionException e) {
      LOG.debug("the ends of the events are not known now", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A job's clock, as one partition of its events says it; returns once the log has it for good.
   */
  void tick(int partition, long micros) {
    changes.watermark(watermark(partition, micros)).toCompletableFuture().join();
  }

  private Watermark watermark(int partition, long micros) {
    return Watermark.newBuilder()
        .setEventsPartition(partition)
        .setEventsPartitions(changes.eventsPartitions())
        .setTimeMicros(micros)
        .build();
  }
}
