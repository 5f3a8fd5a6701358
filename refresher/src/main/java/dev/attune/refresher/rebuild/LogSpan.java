package dev.attune.refresher.rebuild;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.time.Instant;
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
record LogSpan(Map<TopicPartition, Range> ranges) {
  LogSpan {
    ranges = Map.copyOf(ranges);
  }

  /** Offsets from the first one on, without the last. */
  record Range(long from, long to) {}

  /** What was told at that time or later; all of it when that is {@link Instant#EPOCH}. */
  static LogSpan of(KafkaSettings settings, String topic, Instant since) {
    return since.equals(Instant.EPOCH) ? whole(settings, topic) : since(settings, topic, since);
  }

  private static LogSpan whole(KafkaSettings settings, String topic) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "rebuild-span")) {
      List<TopicPartition> partitions = partitions(topic, consumer);
      return span(consumer.beginningOffsets(partitions), consumer.endOffsets(partitions));
    }
  }

  private static LogSpan since(KafkaSettings settings, String topic, Instant time) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "rebuild-span")) {
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

  /** Offsets in it; a compacted log has fewer records. */
  long length() {
    return ranges.values().stream().mapToLong(range -> range.to() - range.from()).sum();
  }
}
