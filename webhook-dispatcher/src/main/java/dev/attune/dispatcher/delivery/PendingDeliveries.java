package dev.attune.dispatcher.delivery;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.PendingDelivery;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries that wait, on disk and in changelogs, so that a takeover finds them as they were.
 * A webhook and a profile make a queue, {@code <webhook>/<profile id>}; its first delivery is its
 * head. What needs no order is a queue of its own, {@code <webhook>/<profile id>/<webhook-id>}.
 *
 * <ul>
 *   <li>{@link #HEADS}: a queue to its head.
 *   <li>{@link #BEHIND}: what stands behind heads: 0 and a queue to the sequences in order, with
 *       the highest bit set of those that are bulk, 1 and a queue and a sequence to the delivery, 2
 *       and a queue and a subject to the sequence of the one delivery that has the subject.
 *   <li>{@link #DUE}: {@code <webhook>/}, a due time (8 bytes, big-endian, with the highest bit set
 *       where the head waits in the bulk lane) and the rest of the queue, for each head that is
 *       parked, i.e. has a due time. Most deliveries are sent as they come and never stand here.
 * </ul>
 *
 * <p>Everything but the look for due heads is a point read or write: a range over a store from
 * which almost everything has been removed steps over all that was.
 */
final class PendingDeliveries {
  static final String HEADS = "pending-heads";
  static final String BEHIND = "pending-behind";
  static final String DUE = "pending-due";

  /** Most deliveries behind one head. */
  static final int BEHIND_MAX = 5_000;

  private static final byte[] PRESENT = {1};
  private static final long BULK = Long.MIN_VALUE;
  private static final byte LIST = 0;
  private static final byte DELIVERY = 1;
  private static final byte SUBJECT = 2;

  private final KeyValueStore<Bytes, byte[]> heads;
  private final KeyValueStore<Bytes, byte[]> behind;
  private final KeyValueStore<Bytes, byte[]> due;

  PendingDeliveries(
      KeyValueStore<Bytes, byte[]> heads,
      KeyValueStore<Bytes, byte[]> behind,
      KeyValueStore<Bytes, byte[]> due) {
    this.heads = heads;
    this.behind = behind;
    this.due = due;
  }

  /** Writes all stores and leaves them as they were. */
  void touch() {
    Bytes nobody = Bytes.wrap(new byte[0]);
    heads.put(nobody, PRESENT);
    heads.delete(nobody);
    behind.put(nobody, PRESENT);
    behind.delete(nobody);
    due.put(nobody, PRESENT);
    due.delete(nobody);
  }

  /** The queue of a delivery. */
  static Bytes queue(PendingDelivery delivery) {
    return queue(delivery.getDelivery().getWebhook(), withinWebhook(delivery.getDelivery()));
  }

  static Bytes queue(String webhook, String withinWebhook) {
    return Bytes.wrap((webhook + "/" + withinWebhook).getBytes(StandardCharsets.UTF_8));
  }

  // Neither a profile id nor a webhook-id has a slash.
  private static String withinWebhook(Delivery delivery) {
    return delivery.getUnordered()
        ? delivery.getProfileId() + "/" + delivery.getWebhookId()
        : delivery.getProfileId();
  }

  /** The head of a queue; null when nothing waits in it. */
  @Nullable PendingDelivery head(Bytes queue) {
    byte[] bytes = heads.get(queue);
    return bytes == null ? null : parse(bytes);
  }

  /** Makes the first delivery of an empty queue its head; it is not parked. */
  void begin(PendingDelivery delivery) {
    heads.put(queue(delivery), delivery.toByteArray());
  }

  /**
   * Adds behind the head of a queue; false when {@link #BEHIND_MAX} stand there. Nothing with the
   * same subject stands there: see {@link #removeBehind}.
   */
  boolean append(PendingDelivery delivery) {
    Bytes queue = queue(delivery);
    byte[] sequences = behind.get(list(queue));
    int length = sequences == null ? 0 : sequences.length;
    if (length >= BEHIND_MAX * Long.BYTES) {
      return false;
    }
    ByteBuffer longer = ByteBuffer.allocate(length + Long.BYTES);
    if (sequences != null) {
      longer.put(sequences);
    }
    long mark = delivery.getDelivery().getBulk() ? BULK : 0;
    behind.put(list(queue), longer.putLong(delivery.getSequence() | mark).array());
    behind.put(delivery(queue, delivery.getSequence()), delivery.toByteArray());
    if (hasSubject(delivery)) {
      behind.put(
          subject(delivery),
          ByteBuffer.allocate(Long.BYTES).putLong(delivery.getSequence()).array());
    }
    return true;
  }

  /** Whether it says a state that a newer one of the same subject takes the place of. */
  static boolean hasSubject(PendingDelivery delivery) {
    // What an operator asks for again is out of the order.
    return !delivery.getDelivery().getSubject().isEmpty() && !delivery.getDelivery().getReplay();
  }

  /**
   * Removes what stands behind the head with the subject of a newer delivery; null when nothing
   * does.
   */
  @Nullable PendingDelivery removeBehind(PendingDelivery newer) {
    byte[] found = behind.get(subject(newer));
    if (found == null) {
      return null;
    }
    long sequence = ByteBuffer.wrap(found).getLong();
    Bytes queue = queue(newer);
    byte[] sequences = behind.get(list(queue));
    if (sequences != null) {
      for (int at = 0; at < sequences.length; at += Long.BYTES) {
        if ((ByteBuffer.wrap(sequences).getLong(at) & ~BULK) == sequence) {
          return removeBehind(queue, sequences, at);
        }
      }
    }
    throw new IllegalStateException("a subject names a delivery that is not there");
  }

  /** Removes a head; the next of its queue, if there is one, is the head now, not parked. */
  @Nullable PendingDelivery remove(PendingDelivery head) {
    Bytes queue = queue(head);
    unpark(head);
    byte[] sequences = behind.get(list(queue));
    if (sequences == null) {
      heads.delete(queue);
      return null;
    }
    PendingDelivery next = removeBehind(queue, sequences, 0);
    heads.put(queue, next.toByteArray());
    return next;
  }

  private PendingDelivery removeBehind(Bytes queue, byte[] sequences, int at) {
    Bytes key = delivery(queue, ByteBuffer.wrap(sequences).getLong(at) & ~BULK);
    byte[] bytes = behind.get(key);
    if (bytes == null) {
      throw new IllegalStateException("a queue names a delivery that is not there");
    }
    PendingDelivery removed = parse(bytes);
    behind.delete(key);
    if (hasSubject(removed)) {
      behind.delete(subject(removed));
    }
    int after = at + Long.BYTES;
    if (sequences.length == Long.BYTES) {
      behind.delete(list(queue));
    } else {
      behind.put(
          list(queue),
          ByteBuffer.allocate(sequences.length - Long.BYTES)
              .put(sequences, 0, at)
              .put(sequences, after, sequences.length - after)
              .array());
    }
    return removed;
  }

  /**
   * In which lane a head waits: in the live one also when something live waits behind it, which
   * must not overtake it.
   */
  Urgency urgency(PendingDelivery head) {
    if (!head.getDelivery().getBulk()) {
      return Urgency.LIVE;
    }
    byte[] sequences = behind.get(list(queue(head)));
    if (sequences != null) {
      ByteBuffer left = ByteBuffer.wrap(sequences);
      while (left.hasRemaining()) {
        if ((left.getLong() & BULK) == 0) {
          return Urgency.LIVE;
        }
      }
    }
    return Urgency.BULK;
  }

  /**
   * Parks a head until it is due.
   *
   * @param later the same delivery with its due time and its lane, and with whatever else has
   *     changed
   */
  void park(PendingDelivery head, PendingDelivery later) {
    unpark(head);
    heads.put(queue(later), later.toByteArray());
    due.put(dueKey(later), PRESENT);
  }

  /** Removes the due time of a head that is not there, or has another one. */
  void drop(String webhook, Parked orphan) {
    due.delete(orphan.dueKey(webhook));
  }

  private void unpark(PendingDelivery head) {
    if (head.getDueAtMicros() != 0) {
      due.delete(dueKey(head));
    }
  }

  /**
   * Puts a last entry behind a lane's parked heads, where looks end: without it each would step
   * over what was removed from the lanes that follow.
   */
  void fence(String webhook, Urgency urgency) {
    Bytes last = dueKey(webhook, urgency, Long.MAX_VALUE);
    if (due.get(last) == null) {
      due.put(last, PRESENT);
    }
  }

  /** Shows a lane's parked heads in the order in which they are due, until answered with false. */
  void parked(String webhook, Urgency urgency, long fromMicros, Predicate<Parked> visitor) {
    Bytes last = dueKey(webhook, urgency, Long.MAX_VALUE);
    try (var parked = due.range(dueKey(webhook, urgency, fromMicros), last)) {
      while (parked.hasNext()) {
        Bytes key = parked.next().key;
        if (key.equals(last) || !visitor.test(Parked.of(webhook, key))) {
          return;
        }
      }
    }
  }

  /** Shows every head. */
  void forEachHead(Consumer<PendingDelivery> visitor) {
    try (var all = heads.all()) {
      while (all.hasNext()) {
        visitor.accept(parse(all.next().value));
      }
    }
  }

  /** Shows everything that stands behind a head. */
  void forEachBehind(Consumer<PendingDelivery> visitor) {
    try (var all =
        behind.range(Bytes.wrap(new byte[] {DELIVERY}), Bytes.wrap(new byte[] {DELIVERY + 1}))) {
      while (all.hasNext()) {
        visitor.accept(parse(all.next().value));
      }
    }
  }

  private static Bytes list(Bytes queue) {
    byte[] bytes = queue.get();
    return Bytes.wrap(ByteBuffer.allocate(1 + bytes.length).put(LIST).put(bytes).array());
  }

  private static Bytes delivery(Bytes queue, long sequence) {
    byte[] bytes = queue.get();
    return Bytes.wrap(
        ByteBuffer.allocate(1 + bytes.length + Long.BYTES)
            .put(DELIVERY)
            .put(bytes)
            .putLong(sequence)
            .array());
  }

  private static Bytes subject(PendingDelivery delivery) {
    byte[] bytes = queue(delivery).get();
    byte[] subject = delivery.getDelivery().getSubject().getBytes(StandardCharsets.UTF_8);
    // No queue has a 0 in it.
    return Bytes.wrap(
        ByteBuffer.allocate(2 + bytes.length + subject.length)
            .put(SUBJECT)
            .put(bytes)
            .put((byte) 0)
            .put(subject)
            .array());
  }

  private static Bytes dueKey(PendingDelivery head) {
    return dueKey(
        head.getDelivery().getWebhook(),
        head.getBulk() ? Urgency.BULK : Urgency.LIVE,
        head.getDueAtMicros(),
        withinWebhook(head.getDelivery()).getBytes(StandardCharsets.UTF_8));
  }

  private static Bytes dueKey(
      String webhook, Urgency urgency, long dueAtMicros, byte[] withinWebhook) {
    byte[] start = dueKey(webhook, urgency, dueAtMicros).get();
    return Bytes.wrap(
        ByteBuffer.allocate(start.length + withinWebhook.length)
            .put(start)
            .put(withinWebhook)
            .array());
  }

  private static Bytes dueKey(String webhook, Urgency urgency, long dueAtMicros) {
    long marked = urgency == Urgency.BULK ? dueAtMicros | BULK : dueAtMicros;
    byte[] start = (webhook + "/").getBytes(StandardCharsets.UTF_8);
    return Bytes.wrap(
        ByteBuffer.allocate(start.length + Long.BYTES).put(start).putLong(marked).array());
  }

  private static PendingDelivery parse(byte[] bytes) {
    try {
      return PendingDelivery.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a pending delivery does not parse", e);
    }
  }

  /** A head that waits for its time. */
  record Parked(Bytes queue, Urgency urgency, long dueAtMicros) {
    static Parked of(String webhook, Bytes dueKey) {
      byte[] bytes = dueKey.get();
      int start = webhook.length() + 1;
      byte[] queue =
          ByteBuffer.allocate(bytes.length - Long.BYTES)
              .put(bytes, 0, start)
              .put(bytes, start + Long.BYTES, bytes.length - start - Long.BYTES)
              .array();
      long marked = ByteBuffer.wrap(bytes).getLong(start);
      return new Parked(
          Bytes.wrap(queue), (marked & BULK) == 0 ? Urgency.LIVE : Urgency.BULK, marked & ~BULK);
    }

    private Bytes dueKey(String webhook) {
      byte[] bytes = queue.get();
      return PendingDeliveries.dueKey(
          webhook,
          urgency,
          dueAtMicros,
          Arrays.copyOfRange(bytes, webhook.length() + 1, bytes.length));
    }

    /** Whether it is that head, as it is parked now. */
    boolean isOf(PendingDelivery head) {
      return head.getDueAtMicros() == dueAtMicros && head.getBulk() == (urgency == Urgency.BULK);
    }
  }
}
