package dev.attune.standalone.endtoend;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** What {@code attune.audience-transitions} holds. */
final class TransitionLog {
  private static final Duration READ_MAX = Duration.ofSeconds(30);

  private TransitionLog() {}

  /** Everything that is committed; those of one profile are in order. */
  static List<Transition> read(int kafkaPort) throws InvalidProtocolBufferException {
    KafkaSettings settings = KafkaSettings.local("127.0.0.1:" + kafkaPort);
    String topic = settings.topics().audienceTransitions();
    List<Transition> all = new ArrayList<>();
    try (Consumer<byte[], byte[]> consumer = KafkaClients.consumer(settings, "end-to-end")) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      var ends = consumer.endOffsets(partitions);
      long deadline = System.nanoTime() + READ_MAX.toNanos();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError(topic + " could not be read within " + READ_MAX);
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          all.add(Transition.parseFrom(record.value()));
        }
      }
    }
    return all;
  }
}
