package dev.attune.dispatcher.delivery;

import dev.attune.proto.v1.PendingDelivery;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;

/** What an owner remembers of one webhook between looks into the store. For one thread. */
final class Lane {
  final String webhook;

  /** Heads by queue whose attempt runs, or whose dead letter is being kept. */
  final Map<Bytes, PendingDelivery> inFlight = new HashMap<>();

  private final Looks live;
  private final Looks bulk;

  private Lane(String webhook, long lookFrom, long nextLook) {
    this.webhook = webhook;
    this.live = new Looks(lookFrom, nextLook);
    this.bulk = new Looks(lookFrom, nextLook);
  }

  /** Of a webhook for which nothing is parked. */
  static Lane empty(String webhook, long now) {
    return new Lane(webhook, now, Long.MAX_VALUE);
  }

  /** Of a webhook for which anything may be parked. */
  static Lane unknown(String webhook) {
    return new Lane(webhook, 0, 0);
  }

  /** How far the heads of one urgency have been looked through. */
  Looks looks(Urgency urgency) {
    return switch (urgency) {
      case LIVE -> live;
      case BULK -> bulk;
    };
  }

  /** When to look at the parked heads of one urgency, and where to begin. */
  static final class Looks {
    // Every parked head that is due before it is in flight. A look begins there, because what was
    // removed before it slows the store down until it is compacted.
    private long lookFrom;
    private long nextLook;

    // No attempt may begin before, whatever is due.
    private long blockedUntil;

    private Looks(long lookFrom, long nextLook) {
      this.lookFrom = lookFrom;
      this.nextLook = nextLook;
    }

    /** A head was parked until then. */
    void parked(long dueAtMicros) {
      lookFrom = Math.min(lookFrom, dueAtMicros);
      nextLook = Math.min(nextLook, dueAtMicros);
    }

    /** Whether something that is parked may be due. */
    boolean hasDue(long now) {
      return now >= nextLook;
    }

    boolean isTimeToLook(long now) {
      return hasDue(now) && now >= blockedUntil;
    }

    void blockedUntil(long micros) {
      blockedUntil = micros;
    }

    long lookFrom() {
      return lookFrom;
    }

    /** A look has put everything in flight that is due before {@code from}. */
    void lookedUntil(long from) {
      lookFrom = from;
    }

    void lookAgainAt(long micros) {
      nextLook = micros;
    }
  }
}
