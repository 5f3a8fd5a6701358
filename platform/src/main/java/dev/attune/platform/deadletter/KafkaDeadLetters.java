package dev.attune.platform.deadletter;

import com.google.protobuf.ByteString;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.DeadLetter;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Dead letters on their topic. */
public final class KafkaDeadLetters implements DeadLetters, AutoCloseable {
  /** A value longer than this is cut, and can then not be replayed. */
  public static final int VALUE_BYTES_MAX = 512 << 10;

  private final Producer<byte[], byte[]> producer;
  private final String topic;

  private KafkaDeadLetters(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
  }

  /** With a producer of its own. */
  public static KafkaDeadLetters create(KafkaSettings settings) {
    return new KafkaDeadLetters(
        KafkaClients.producer(settings, "attune-dead-letters"), settings.topics().deadLetters());
  }

  @Override
  public CompletionStage<?> send(DeadLetter letter) {
    DeadLetter kept = cut(letter);
    return KafkaSends.send(
        producer, new ProducerRecord<>(topic, kept.getKey().toByteArray(), kept.toByteArray()));
  }

  private static DeadLetter cut(DeadLetter letter) {
    ByteString value = letter.getValue();
    if (value.size() <= VALUE_BYTES_MAX) {
      return letter;
    }
    return letter.toBuilder()
        .setValue(value.substring(0, VALUE_BYTES_MAX))
        .clearReplayTopic()
        .setReason(letter.getReason() + " (cut from " + value.size() + " bytes)")
        .build();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
