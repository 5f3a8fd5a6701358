package dev.attune.load.log;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.terminal.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** A topic from its beginning. */
public final class TopicReader {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration READ_MAX = Duration.ofMinutes(3);

  private TopicReader() {}

  /**
   * Tells every record up to what is in the topic now; those of a partition in their order.
   *
   * @param topic one of the system's, with as many partitions as the settings say
   * @throws IllegalStateException when it cannot be read in time
   */
  public static void read(
      KafkaSettings kafka,
      String topic,
      Progress progress,
      Consumer<ConsumerRecord<byte[], byte[]>> records) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      partitions.add(new TopicPartition(topic, i));
    }
    long deadline = System.nanoTime() + READ_MAX.toNanos();
    try (var consumer = KafkaClients.consumer(kafka, "attune-bench-reader")) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      progress.total(ends.values().stream().mapToLong(Long::longValue).sum());
      long read = 0;
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(topic + " could not be read in time");
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          records.accept(record);
          read++;
        }
        progress.at(read);
      }
    }
  }
}
