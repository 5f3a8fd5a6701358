package dev.attune.dispatcher.render;

import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.apache.kafka.streams.processor.api.Record;

/** Records of the deliveries topic. */
final class Deliveries {
  private Deliveries() {}

  /** Stamped with the time of rendering, by which the owner tells old from new after a takeover. */
  static Record<byte[], byte[]> record(Delivery delivery, InstantSource clock) {
    String key = delivery.getWebhook() + "/" + delivery.getProfileId();
    return new Record<>(
        key.getBytes(StandardCharsets.UTF_8), delivery.toByteArray(), clock.millis());
  }
}
