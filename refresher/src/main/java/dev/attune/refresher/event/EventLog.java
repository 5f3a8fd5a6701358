package dev.attune.refresher.event;

import dev.attune.core.profile.TraitFit;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Appends to {@code attune.events}. */
public final class EventLog implements AutoCloseable {
  private static final byte[] TICK_KEY = "~tick".getBytes(StandardCharsets.UTF_8);

  /** Longest that a collected event may take until the log has it. */
  public static final Duration COLLECTED_MAX = Duration.ofSeconds(8);

  /** Most that is kept of collected events which the log does not have yet, in bytes. */
  static final long COLLECTED_BYTES_MAX = 16L << 20;

  private final Producer<byte[], byte[]> producer;
  private final String topic;

  private EventLog(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
  }

  /**
   * For the collector, whose callers wait: a send fails within {@link #COLLECTED_MAX} and a moment,
   * and does not wait for room.
   */
  public static EventLog forCollector(KafkaSettings settings) {
    Map<String, Object> properties = KafkaClients.producerProperties(settings, "attune-collector");
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, COLLECTED_BYTES_MAX);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 1_000);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 4_000);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) COLLECTED_MAX.toMillis());
    return new EventLog(new KafkaProducer<>(properties), settings.topics().events());
  }

  /** With a producer of its own. */
  public static EventLog create(KafkaSettings settings) {
    return create(settings, "attune-event-log");
  }

  /** For users' own topics: a table that is loaded does not take their room in the producer. */
  public static EventLog forStreams(KafkaSettings settings) {
    return create(settings, "attune-streams");
  }

  private static EventLog create(KafkaSettings settings, String clientId) {
    return new EventLog(KafkaClients.producer(settings, clientId), settings.topics().events());
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

  /**
   * Appends a collected event, as {@link #append}.
   *
   * @param writeKey name of the write key with which it came, or of its stream; empty when it has
   *     none
   */
  public CompletionStage<RecordMetadata> appendCollected(
      String key, byte[] json, String traceparent, String writeKey) {
    Map<String, String> headers = new HashMap<>();
    if (!traceparent.isEmpty()) {
      headers.put(EventHeaders.TRACEPARENT, traceparent);
    }
    if (!writeKey.isEmpty()) {
      headers.put(EventHeaders.WRITE_KEY, writeKey);
    }
    return append(key, json, headers);
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
