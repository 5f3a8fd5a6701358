package dev.attune.refresher.event;

import dev.attune.core.profile.TraitFit;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Appends to {@code attune.events}. */
public final class EventLog implements AutoCloseable {
  private static final byte[] TICK_KEY = "~tick".getBytes(StandardCharsets.UTF_8);

  private final Producer<byte[], byte[]> producer;
  private final String topic;

  private EventLog(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
  }

  /** With a producer of its own. */
  public static EventLog create(KafkaSettings settings) {
    return new EventLog(
        KafkaClients.producer(settings, "attune-event-log"), settings.topics().events());
  }

  /**
   * Appends an event; completes with where it stands once the log has it for good.
   *
   * @param key user or anonymous id: events of one key stay in order
   * @param headers see {@link EventHeaders}
   */
  public CompletionStage<RecordMetadata> append(
      String key, byte[] json, Map<String, String> headers) {
    RecordHeaders record = new RecordHeaders();
    headers.forEach((name, value) -> record.add(name, value.getBytes(StandardCharsets.UTF_8)));
    return KafkaSends.send(
        producer,
        new ProducerRecord<>(topic, null, key.getBytes(StandardCharsets.UTF_8), json, record));
  }

  /** Appends an event of an events model. */
  public CompletionStage<?> appendHistorical(String key, byte[] json) {
    return append(key, json, Map.of(EventHeaders.HISTORICAL, "1"));
  }

  /** Appends a job's clock to every partition: all events before it are there already. */
  public CompletionStage<?> tick(Instant time) {
    byte[] micros = String.valueOf(TraitFit.micros(time)).getBytes(StandardCharsets.UTF_8);
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (var partition : producer.partitionsFor(topic)) {
      RecordHeaders headers = new RecordHeaders();
      headers.add(EventHeaders.TICK, micros);
      sent.add(
          KafkaSends.send(
                  producer,
                  new ProducerRecord<>(
                      topic, partition.partition(), TICK_KEY, new byte[0], headers))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new));
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
