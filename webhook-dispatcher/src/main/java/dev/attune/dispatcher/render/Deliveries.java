package dev.attune.dispatcher.render;

import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/** Records of the deliveries topic. */
final class Deliveries {
  /** The header of what {@link ViewRenderer} has still to put a view into. */
  static final String VIEW = "view";

  private Deliveries() {}

  /** Stamped with the time of rendering, by which the owner tells old from new after a takeover. */
  static Record<byte[], byte[]> record(Delivery delivery, InstantSource clock) {
    String key = delivery.getWebhook() + "/" + delivery.getProfileId();
    Record<byte[], byte[]> record =
        new Record<>(key.getBytes(StandardCharsets.UTF_8), delivery.toByteArray(), clock.millis());
    // So that what needs no view is not parsed on its way.
    return delivery.getView().isEmpty()
        ? record
        : record.withHeaders(new RecordHeaders().add(VIEW, new byte[0]));
  }
}
