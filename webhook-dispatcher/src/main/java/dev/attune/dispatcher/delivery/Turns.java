package dev.attune.dispatcher.delivery;

import java.time.Duration;

/**
 * Which lane of a webhook begins an attempt while both want to: live ones first, and one of bulk
 * for every {@value #LIVE_FOR_ONE_OF_BULK} of them. Bulk is not let in each time that its turn
 * comes, because whoever holds its deliveries asks only at its next tick; its turns add up to
 * {@value #OWED_MAX}, and only then does live wait for it. Times in microseconds. For one thread at
 * a time.
 */
final class Turns {
  static final int LIVE_FOR_ONE_OF_BULK = 8;
  static final int OWED_MAX = 16;

  // Whoever is refused asks again at its next tick. Who does not has nothing left to send.
  private static final Duration PATIENCE = DeliveryOwner.TICK.multipliedBy(4);

  private int live;
  private int owed;
  private long liveWantsUntil;
  private long bulkWantsUntil;

  /** Whether the lane may begin an attempt now, if there is room for it. */
  boolean mayBegin(Urgency urgency, long now) {
    return switch (urgency) {
      case LIVE -> owed < OWED_MAX || now >= bulkWantsUntil;
      case BULK -> owed > 0 || now >= liveWantsUntil;
    };
  }

  /** The lane wanted to begin an attempt, and asks again at {@code from} or at the next tick. */
  void refused(Urgency urgency, long from) {
    long until = from + PATIENCE.toNanos() / 1_000;
    switch (urgency) {
      case LIVE -> liveWantsUntil = until;
      case BULK -> bulkWantsUntil = until;
    }
  }

  /** An attempt begins. */
  void begun(Urgency urgency, long now) {
    switch (urgency) {
      case LIVE -> {
        liveWantsUntil = 0;
        if (now >= bulkWantsUntil) {
          live = 0;
          owed = 0;
        } else if (++live >= LIVE_FOR_ONE_OF_BULK) {
          live = 0;
          owed = Math.min(OWED_MAX, owed + 1);
        }
      }
      case BULK -> owed = Math.max(0, owed - 1);
    }
  }

  /** Whether nobody waits. */
  boolean isFresh(long now) {
    return now >= liveWantsUntil && now >= bulkWantsUntil;
  }
}
