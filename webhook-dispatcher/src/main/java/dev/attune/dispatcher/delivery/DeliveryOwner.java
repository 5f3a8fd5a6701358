package dev.attune.dispatcher.delivery;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Owns the deliveries of one partition: takes them in, has the first of each queue sent when it is
 * due, and records how it ended. A queue is a webhook and a profile; one of its deliveries is in
 * flight at a time and none overtakes another.
 *
 * <p>Streams may close an owner and open the same object again, with other contents in its stores.
 * Whatever changes is therefore in an {@link OwnedPartition}, a new one each time.
 */
public final class DeliveryOwner implements Processor<byte[], byte[], byte[], byte[]> {
  /** Names of the stores, all from bytes to bytes. */
  public static final List<String> STORES =
      List.of(
          PendingDeliveries.HEADS,
          PendingDeliveries.BEHIND,
          PendingDeliveries.DUE,
          ToldStates.STORE);

  /** How often ends are taken in and due times looked at. */
  public static final Duration TICK = Duration.ofMillis(25);

  private final Delivering delivering;
  private final String topic;
  private @Nullable OwnedPartition open;

  /** Of a partition of the deliveries topic, once it is opened. */
  public DeliveryOwner(Delivering delivering, String deliveriesTopic) {
    this.delivering = delivering;
    this.topic = deliveriesTopic;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    close();
    open = OwnedPartition.open(delivering, topic, context);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    OwnedPartition partition = open;
    if (partition == null) {
      throw new IllegalStateException("the owner is not open");
    }
    partition.process(record);
  }

  @Override
  public void close() {
    OwnedPartition partition = open;
    open = null;
    if (partition != null) {
      partition.close();
    }
  }
}
