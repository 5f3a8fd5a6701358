package dev.attune.dispatcher.delivery;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.utils.Bytes;

/** What an owner remembers of one webhook between looks into the store. For one thread. */
final class Lane {
  final String webhook;

  /** Heads whose attempt runs, or whose dead letter is being kept. */
  final Set<Bytes> inFlight = new HashSet<>();

  // No head is due before it. A look begins there, because what was removed before it slows the
  // store down until it is compacted.
  private long dueFrom;
  private long nextLook;

  Lane(String webhook) {
    this.webhook = webhook;
  }

  /** A head was stored that is due then. */
  void stored(long dueAtMicros) {
    dueFrom = Math.min(dueFrom, dueAtMicros);
    nextLook = Math.min(nextLook, dueAtMicros);
  }

  boolean isTimeToLook(long now) {
    return now >= nextLook;
  }

  long dueFrom() {
    return dueFrom;
  }

  /** A look found nothing due before {@code first}. */
  void nothingBefore(long first) {
    dueFrom = first;
  }

  void lookAgainAt(long micros) {
    nextLook = micros;
  }
}
