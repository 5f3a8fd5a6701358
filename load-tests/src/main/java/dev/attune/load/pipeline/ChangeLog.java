package dev.attune.load.pipeline;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.standalone.terminal.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The log of changed profiles from its beginning: which events have come to have an effect. */
final class ChangeLog {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration READ_MAX = Duration.ofMinutes(3);

  private ChangeLog() {}

  /**
   * Tells every event that caused a change, up to what is in the log now; one that was told again
   * comes again.
   */
  static void read(KafkaSettings kafka, Progress progress, Consumer<Event> events) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      partitions.add(new TopicPartition(kafka.topics().profileChanges(), i));
    }
    long deadline = System.nanoTime() + READ_MAX.toNanos();
    try (var consumer = KafkaClients.consumer(kafka, "attune-bench-changes")) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      progress.total(ends.values().stream().mapToLong(Long::longValue).sum());
      long read = 0;
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("the log of changes could not be read in time");
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          tell(record.value(), events);
          read++;
        }
        progress.at(read);
      }
    }
  }

  private static void tell(byte[] value, Consumer<Event> events) {
    try {
      for (Cause cause : ProfileChange.parseFrom(value).getChanged().getCausesList()) {
        if (cause.hasEvent()) {
          events.accept(cause.getEvent());
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the log of changes holds what is no change", e);
    }
  }
}
