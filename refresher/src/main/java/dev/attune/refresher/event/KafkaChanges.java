package dev.attune.refresher.event;

import dev.attune.core.profile.ChangeSink;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.EventHistory;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.Watermark;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Appends to {@code attune.profile-changes}. */
public final class KafkaChanges implements ChangeSink, AutoCloseable {
  /** What keys of identity records begin with. */
  public static final String IDENTITY_KEY = "~identity/";

  private final Producer<byte[], byte[]> producer;
  private final String topic;
  private final String eventsTopic;

  private KafkaChanges(Producer<byte[], byte[]> producer, String topic, String eventsTopic) {
    this.producer = producer;
    this.topic = topic;
    this.eventsTopic = eventsTopic;
  }

  /** With a producer of its own. */
  public static KafkaChanges create(KafkaSettings settings) {
    return new KafkaChanges(
        KafkaClients.producer(settings, "attune-profile-changes"),
        settings.topics().profileChanges(),
        settings.topics().events());
  }

  @Override
  public CompletionStage<?> emit(ProfileChange change) {
    String key =
        change.hasIdentity()
            ? IDENTITY_KEY + ProfileIds.of(Identifier.of(change.getIdentity().getIdentifier()))
            : change.getChanged().getRecord().getProfileId();
    return KafkaSends.send(
        producer,
        new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), change.toByteArray()));
  }

  /** Appends a watermark to every partition, behind all that was emitted before. */
  CompletionStage<?> watermark(Watermark watermark) {
    return toAll(
        "~watermark/" + watermark.getEventsPartition(),
        ProfileChange.newBuilder().setWatermark(watermark).build());
  }

  /** Appends what is told of past events to every partition, as {@link #watermark}. */
  public CompletionStage<?> history(EventHistory history) {
    UUID events = UUID.nameUUIDFromBytes(history.getEvent().getBytes(StandardCharsets.UTF_8));
    return toAll(
        "~history/" + (history.getFilled() ? "filled/" : "begun/") + events,
        ProfileChange.newBuilder().setHistory(history).build());
  }

  private CompletionStage<?> toAll(String name, ProfileChange change) {
    byte[] key = name.getBytes(StandardCharsets.UTF_8);
    byte[] value = change.toByteArray();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (var partition : producer.partitionsFor(topic)) {
      sent.add(
          KafkaSends.send(producer, new ProducerRecord<>(topic, partition.partition(), key, value))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new));
  }

  /** How many partitions the events have. */
  int eventsPartitions() {
    return producer.partitionsFor(eventsTopic).size();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
