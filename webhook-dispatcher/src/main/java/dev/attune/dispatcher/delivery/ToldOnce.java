package dev.attune.dispatcher.delivery;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Stands before the owner of a partition's deliveries and lets an event pass once. A sender may
 * send it again, and a replay upstream emit it again, perhaps with another time and under another
 * profile: its webhook-id is the same, and so is the partition.
 *
 * <p>The memory counts from the first passing, by the wall clock, so that a record with a wrong
 * time can neither slip through nor make it forget. What an operator asked for again passes.
 */
public final class ToldOnce implements Processor<byte[], byte[], byte[], byte[]> {
  /** The store of what has passed: webhook-ids of events, in windows. */
  public static final String STORE = "told-events";

  /** Longer than the events topic keeps what could be replayed. */
  public static final Duration REMEMBERED = Duration.ofDays(8);

  private static final byte[] PRESENT = {1};

  private final String eventType;
  private final DispatcherMetrics metrics;
  private final InstantSource clock;
  private ProcessorContext<byte[], byte[]> context;
  private WindowStore<Bytes, byte[]> told;

  /**
   * @param eventType of deliveries that tell an event; others all pass
   */
  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public ToldOnce(String eventType, DispatcherMetrics metrics, InstantSource clock) {
    this.eventType = eventType;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    told = context.getStateStore(STORE);
    Changelogs.begin(
        context,
        () -> {
          Bytes nobody = Bytes.wrap(new byte[0]);
          long now = clock.millis();
          told.put(nobody, PRESENT, now);
          told.put(nobody, null, now);
        });
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    if (isCopy(record)) {
      metrics.recognised();
    } else {
      context.forward(record);
    }
  }

  private boolean isCopy(Record<byte[], byte[]> record) {
    if (record.value() == null) {
      return false;
    }
    Delivery delivery;
    try {
      delivery = Delivery.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      // The owner says so.
      return false;
    }
    return delivery.getType().equals(eventType)
        && !delivery.getReplay()
        && isTold(Bytes.wrap(delivery.getWebhookId().getBytes(StandardCharsets.UTF_8)));
  }

  private boolean isTold(Bytes webhookId) {
    long now = clock.millis();
    // The future too: the clock may have been set back.
    try (var found = told.fetch(webhookId, now - REMEMBERED.toMillis(), Long.MAX_VALUE)) {
      if (found.hasNext()) {
        return true;
      }
    }
    told.put(webhookId, PRESENT, now);
    return false;
  }
}
