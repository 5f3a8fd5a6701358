package dev.attune.refresher.log;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;

/**
 * A span of a topic, up to its end as of now.
 *
 * @param ranges of each partition
 */
public record LogSpan(Map<TopicPartition, Range> ranges) {
  public LogSpan {
    ranges = Map.copyOf(ranges);
  }

  /** Offsets from the first one on, without the last. */
  public record Range(long from, long to) {}

  /** What was told at that time or later; all of it when that is {@link Instant#EPOCH}. */
  public static LogSpan of(KafkaSettings settings, String topic, Instant since) {
    return since.equals(Instant.EPOCH) ? whole(settings, topic) : since(settings, topic, since);
  }

  private static LogSpan whole(KafkaSettings settings, String topic) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "log-span")) {
      List<TopicPartition> partitions = partitions(topic, consumer);
      return span(consumer.beginningOffsets(partitions), consumer.endOffsets(partitions));
    }
  }

  private static LogSpan since(KafkaSettings settings, String topic, Instant time) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "log-span")) {
      List<TopicPartition> partitions = partitions(topic, consumer);
      Map<TopicPartition, Long> times = new HashMap<>();
      partitions.forEach(partition -> times.put(partition, time.toEpochMilli()));
      Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(times);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      Map<TopicPartition, Long> from = new HashMap<>(ends);
      found.forEach(
          (partition, offset) -> {
            // None is as late: the partition is left out.
            if (offset != null) {
              from.put(partition, offset.offset());
            }
          });
      return span(from, ends);
    }
  }

  private static List<TopicPartition> partitions(String topic, Consumer<byte[], byte[]> consumer) {
    return consumer.partitionsFor(topic).stream()
        .map(partition -> new TopicPartition(topic, partition.partition()))
        .toList();
  }

  private static LogSpan span(Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) {
    Map<TopicPartition, Range> ranges = new LinkedHashMap<>();
    from.forEach(
        (partition, first) ->
            ranges.put(partition, new Range(first, to.getOrDefault(partition, first))));
    return new LogSpan(ranges);
  }

  /**
   * From when on nothing is missing in a topic whose oldest records are deleted with time; the
   * log's clock, as of its first record. Now when it is empty.
   */
  public static Instant completeFrom(KafkaSettings settings, String topic, InstantSource clock) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "log-span")) {
      List<TopicPartition> partitions = partitions(topic, consumer);
      Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
      Map<TopicPartition, Long> any = new HashMap<>();
      partitions.forEach(partition -> any.put(partition, 0L));
      long shortest = Long.MIN_VALUE;
      long oldest = Long.MAX_VALUE;
      for (var found : consumer.offsetsForTimes(any).entrySet()) {
        if (found.getValue() != null) {
          long time = found.getValue().timestamp();
          oldest = Math.min(oldest, time);
          shortest =
              first.getOrDefault(found.getKey(), 0L) > 0 ? Math.max(shortest, time) : shortest;
        } else if (first.getOrDefault(found.getKey(), 0L) > 0) {
          // All of it was deleted.
          shortest = clock.millis();
        }
      }
      if (shortest != Long.MIN_VALUE) {
        return Instant.ofEpochMilli(shortest);
      }
      return oldest == Long.MAX_VALUE ? clock.instant() : Instant.ofEpochMilli(oldest);
    }
  }

  /** Whether records have been deleted from the beginning of a partition. */
  public boolean isCutOff() {
    return ranges.values().stream().anyMatch(range -> range.from() > 0);
  }

  /** Offsets in it; a compacted log has fewer records. */
  public long length() {
    return ranges.values().stream().mapToLong(range -> range.to() - range.from()).sum();
  }
}
