package dev.attune.load.refresh;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The numbers of the events that the collector said it had taken; of all threads at once. */
final class Acknowledged {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration READ_MAX = Duration.ofMinutes(3);
  private static final String ID = "\"messageId\":\"m-";
  private static final int DIGITS = 10;

  private final BitSet numbers = new BitSet();

  /** So many from this one on. */
  synchronized void add(int first, int count) {
    numbers.set(first, first + count);
  }

  synchronized int count() {
    return numbers.cardinality();
  }

  /** Reads the log of events from its beginning and returns how many of them are not in it. */
  synchronized int lost(KafkaSettings kafka) {
    BitSet missing = (BitSet) numbers.clone();
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      partitions.add(new TopicPartition(kafka.topics().events(), i));
    }
    long deadline = System.nanoTime() + READ_MAX.toNanos();
    try (var consumer = KafkaClients.consumer(kafka, "attune-bench-events")) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the log of events could not be read in time");
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          missing.clear(number(record.value()));
        }
      }
    }
    return missing.cardinality();
  }

  private static int number(byte[] event) {
    String json = new String(event, StandardCharsets.ISO_8859_1);
    int at = json.indexOf(ID);
    if (at < 0) {
      throw new IllegalStateException("the log of events holds one that was not sent");
    }
    return Integer.parseInt(json.substring(at + ID.length(), at + ID.length() + DIGITS));
  }
}
