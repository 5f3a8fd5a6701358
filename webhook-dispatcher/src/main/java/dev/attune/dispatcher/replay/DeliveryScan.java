package dev.attune.dispatcher.replay;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Reads what was rendered for a webhook, as far as its topic still has it. */
final class DeliveryScan {
  private static final Duration SCAN_MAX = Duration.ofSeconds(40);
  private static final Duration POLL = Duration.ofMillis(100);

  // Processes' clocks differ, so that a record may stand behind one that was stamped later.
  private static final Duration CLOCKS_DIFFER_MAX = Duration.ofMinutes(5);

  private final KafkaSettings settings;

  DeliveryScan(KafkaSettings settings) {
    this.settings = settings;
  }

  /**
   * Shows what was put into a webhook's queues in a time, replays too: of one person in its order.
   *
   * @param from with it
   * @param to without it
   * @param visitor answers false to see nothing more
   * @throws KafkaUnavailableException when the topic could not be read in time
   */
  void scan(String webhook, Instant from, Instant to, Visitor visitor) {
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "attune-replay")) {
      scan(consumer, webhook, from, to, visitor);
    } catch (KafkaException e) {
      throw new KafkaUnavailableException("the deliveries could not be read", e);
    }
  }

  private void scan(
      Consumer<byte[], byte[]> consumer,
      String webhook,
      Instant from,
      Instant to,
      Visitor visitor) {
    String topic = settings.topics().deliveries();
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(partition -> new TopicPartition(topic, partition.partition()))
            .toList();
    Map<TopicPartition, Long> begins = offsets(consumer, partitions, from);
    Map<TopicPartition, Long> ends = offsets(consumer, partitions, to.plus(CLOCKS_DIFFER_MAX));
    byte[] prefix = (webhook + "/").getBytes(StandardCharsets.UTF_8);
    long deadline = System.nanoTime() + SCAN_MAX.toNanos();
    // One after the other: together they would be read in turns, and no sooner.
    for (TopicPartition partition : partitions) {
      long end = ends.getOrDefault(partition, 0L);
      consumer.assign(List.of(partition));
      consumer.seek(partition, begins.getOrDefault(partition, end));
      // The last offsets may be those of transactions' ends, which are no records.
      while (consumer.position(partition) < end) {
        if (System.nanoTime() - deadline > 0) {
          throw new KafkaUnavailableException(
              "the deliveries were not read within "
                  + SCAN_MAX.toSeconds()
                  + " s; ask for a shorter time");
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (isWanted(record, end, prefix, from, to) && !show(record, visitor)) {
            return;
          }
        }
      }
    }
  }

  // The end where nothing is as new.
  private static Map<TopicPartition, Long> offsets(
      Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, Instant at) {
    Map<TopicPartition, Long> offsets = new HashMap<>(consumer.endOffsets(partitions));
    Map<TopicPartition, Long> times = new HashMap<>();
    partitions.forEach(partition -> times.put(partition, Math.max(0, at.toEpochMilli())));
    for (Map.Entry<TopicPartition, OffsetAndTimestamp> found :
        consumer.offsetsForTimes(times).entrySet()) {
      if (found.getValue() != null) {
        offsets.put(found.getKey(), found.getValue().offset());
      }
    }
    return offsets;
  }

  private static boolean isWanted(
      ConsumerRecord<byte[], byte[]> record, long end, byte[] prefix, Instant from, Instant to) {
    return record.offset() < end
        && record.value() != null
        && startsWith(record.key(), prefix)
        && record.timestamp() >= from.toEpochMilli()
        && record.timestamp() < to.toEpochMilli();
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    if (key == null || key.length < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (key[i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean show(ConsumerRecord<byte[], byte[]> record, Visitor visitor) {
    Delivery delivery;
    try {
      delivery = Delivery.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      // Its owner has made a dead letter of it.
      return true;
    }
    return visitor.visit(delivery, record.timestamp());
  }

  /** What is shown what is found. */
  interface Visitor {
    /**
     * @param renderedAt in milliseconds since 1970
     * @return false to see nothing more
     */
    boolean visit(Delivery delivery, long renderedAt);
  }
}
