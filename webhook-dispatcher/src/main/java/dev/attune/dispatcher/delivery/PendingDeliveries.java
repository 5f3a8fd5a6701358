package dev.attune.dispatcher.delivery;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.PendingDelivery;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that wait, on disk and in changelogs, so that a takeover finds them as they were.
 *
 * <ul>
 *   <li>{@link #PENDING}: {@code <webhook>/<profile id>/} and the sequence (8 bytes, big-endian) to
 *       the delivery. What stands between the slashes is one queue; its first is its head.
 *   <li>{@link #DUE}: {@code <webhook>/}, the due time (8 bytes) and the rest of the pending key:
 *       the heads alone, in the order in which they are due. Kept on disk too, because an endpoint
 *       that is down for days gathers more heads than memory should hold.
 * </ul>
 */
final class PendingDeliveries {
  static final String PENDING = "pending";
  static final String DUE = "due";

  private static final byte[] PRESENT = {1};

  private final KeyValueStore<Bytes, byte[]> pending;
  private final KeyValueStore<Bytes, byte[]> due;

  PendingDeliveries(KeyValueStore<Bytes, byte[]> pending, KeyValueStore<Bytes, byte[]> due) {
    this.pending = pending;
    this.due = due;
  }

  /** Writes both stores and leaves them as they were. */
  void touch() {
    Bytes nobody = Bytes.wrap(new byte[0]);
    pending.put(nobody, PRESENT);
    pending.delete(nobody);
    due.put(nobody, PRESENT);
    due.delete(nobody);
  }

  /** The key of a pending delivery. */
  static Bytes key(PendingDelivery delivery) {
    return key(
        delivery.getDelivery().getWebhook(),
        delivery.getDelivery().getProfileId(),
        delivery.getSequence());
  }

  /** Adds to the end of its queue; true when it is the head. */
  boolean add(PendingDelivery delivery) {
    boolean head = head(delivery) == null;
    pending.put(key(delivery), delivery.toByteArray());
    if (head) {
      due.put(dueKey(delivery), PRESENT);
    }
    return head;
  }

  /** A delivery that still waits. */
  @Nullable PendingDelivery get(Bytes key) {
    byte[] bytes = pending.get(key);
    return bytes == null ? null : parse(bytes);
  }

  /** Removes a head; the next of its queue, if there is one, is the head now. */
  @Nullable PendingDelivery remove(PendingDelivery head) {
    pending.delete(key(head));
    due.delete(dueKey(head));
    PendingDelivery next = head(head);
    if (next != null) {
      due.put(dueKey(next), PRESENT);
    }
    return next;
  }

  /** Replaces a head by the same delivery with other attempts and due time. */
  void reschedule(PendingDelivery head, PendingDelivery later) {
    due.delete(dueKey(head));
    pending.put(key(later), later.toByteArray());
    due.put(dueKey(later), PRESENT);
  }

  /**
   * Shows a webhook's heads in the order in which they are due, until one is answered with false.
   */
  void heads(String webhook, long fromMicros, Predicate<Head> visitor) {
    try (var heads = due.range(dueKey(webhook, fromMicros), dueKey(webhook, Long.MAX_VALUE))) {
      while (heads.hasNext()) {
        if (!visitor.test(Head.of(webhook, heads.next().key))) {
          return;
        }
      }
    }
  }

  /** Shows everything that waits. */
  void forEach(Consumer<PendingDelivery> visitor) {
    try (var all = pending.all()) {
      while (all.hasNext()) {
        visitor.accept(parse(all.next().value));
      }
    }
  }

  private @Nullable PendingDelivery head(PendingDelivery ofQueue) {
    String webhook = ofQueue.getDelivery().getWebhook();
    String profileId = ofQueue.getDelivery().getProfileId();
    try (var queue =
        pending.range(key(webhook, profileId, 0), key(webhook, profileId, Long.MAX_VALUE))) {
      return queue.hasNext() ? parse(queue.next().value) : null;
    }
  }

  private static Bytes key(String webhook, String profileId, long sequence) {
    byte[] queue = (webhook + "/" + profileId + "/").getBytes(StandardCharsets.UTF_8);
    return Bytes.wrap(
        ByteBuffer.allocate(queue.length + Long.BYTES).put(queue).putLong(sequence).array());
  }

  private static Bytes dueKey(PendingDelivery head) {
    byte[] start = (head.getDelivery().getWebhook() + "/").getBytes(StandardCharsets.UTF_8);
    byte[] key = key(head).get();
    return Bytes.wrap(
        ByteBuffer.allocate(key.length + Long.BYTES)
            .put(start)
            .putLong(head.getDueAtMicros())
            .put(key, start.length, key.length - start.length)
            .array());
  }

  private static Bytes dueKey(String webhook, long dueAtMicros) {
    byte[] start = (webhook + "/").getBytes(StandardCharsets.UTF_8);
    return Bytes.wrap(
        ByteBuffer.allocate(start.length + Long.BYTES).put(start).putLong(dueAtMicros).array());
  }

  private static PendingDelivery parse(byte[] bytes) {
    try {
      return PendingDelivery.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a pending delivery does not parse", e);
    }
  }

  /**
   * A head.
   *
   * @param key in {@link #PENDING}
   */
  record Head(Bytes key, long dueAtMicros) {
    static Head of(String webhook, Bytes dueKey) {
      byte[] bytes = dueKey.get();
      int start = webhook.length() + 1;
      byte[] key =
          ByteBuffer.allocate(bytes.length - Long.BYTES)
              .put(bytes, 0, start)
              .put(bytes, start + Long.BYTES, bytes.length - start - Long.BYTES)
              .array();
      return new Head(Bytes.wrap(key), ByteBuffer.wrap(bytes).getLong(start));
    }
  }
}
