package dev.attune.dispatcher.delivery;

import dev.attune.core.webhook.WebhookDefinition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Which attempts may begin: so many at once over all webhooks, and for each one as its definition
 * and its endpoint allow. Times in microseconds. Safe for use by several threads.
 *
 * <p>A webhook begins with four. Its share is halved by every attempt that ends without an answer,
 * down to two, and doubled again by every answer: an endpoint that hangs holds two slots until its
 * timeout, and not those of its neighbours. One slot each webhook has even when all are used, so
 * that any number of endpoints that hang delay no other. Its {@link Breaker} and its {@link Rate}
 * are asked, too.
 *
 * <p>What is bulk leaves a quarter of a webhook's slots, and of all slots, to what is live, and
 * {@link Turns} say who is next: so live attempts begin as if there were no bulk.
 */
public final class Slots {
  private static final int SHARE_MIN = 2;
  private static final int SHARE_AT_FIRST = 4;

  /** Most webhooks that have one slot although all are used. */
  public static final int BEYOND_MAX = 1_024;

  private final int total;
  private final int perWebhook;
  private final Map<String, Share> shares = new HashMap<>();
  private int used;
  private int usedByBulk;

  /** Nothing is used at first. */
  public Slots(int total, int perWebhook) {
    this.total = total;
    this.perWebhook = perWebhook;
  }

  /** How an attempt ended, as far as it concerns the next ones. */
  enum End {
    /** The endpoint works, whether or not it wanted the delivery. */
    ANSWERED,
    /** It answered that it does not work. */
    FAILED,
    /** There was no answer. */
    SILENT,
    /** Nothing was sent. */
    NOT_SENT
  }

  /**
   * Takes a slot for an attempt, which {@link #release} gives back.
   *
   * @return empty when it was taken; else when to ask again
   */
  synchronized OptionalLong acquire(WebhookDefinition webhook, Urgency urgency, long now) {
    Share share = shares.computeIfAbsent(webhook.name(), _ -> new Share(atFirst()));
    int perSecond = webhook.pace().perSecond();
    long from = Math.max(share.breaker.from(now), share.rate.from(perSecond));
    if (from > now) {
      share.turns.refused(urgency, from);
      return OptionalLong.of(from);
    }
    if (!hasRoom(share, urgency)
        || !share.hasRoom(urgency, Math.min(share.limit, webhook.pace().concurrency()))
        || !share.turns.mayBegin(urgency, now)) {
      share.turns.refused(urgency, now);
      return OptionalLong.of(now);
    }
    used++;
    share.used++;
    if (urgency == Urgency.BULK) {
      usedByBulk++;
      share.usedByBulk++;
    }
    share.turns.begun(urgency, now);
    share.breaker.begun();
    share.rate.begun(perSecond, now);
    return OptionalLong.empty();
  }

  private boolean hasRoom(Share share, Urgency urgency) {
    boolean hasNone =
        switch (urgency) {
          // An attempt of bulk may last; it does not count as the one that each has.
          case LIVE -> share.used == share.usedByBulk;
          case BULK -> share.used == 0;
        };
    return (hasNone && used < total + BEYOND_MAX)
        || (used < total && (urgency == Urgency.LIVE || usedByBulk < forBulk(total)));
  }

  private static int forBulk(int slots) {
    return slots == 1 ? 1 : slots - Math.max(1, slots / 4);
  }

  synchronized void release(String webhook, Urgency urgency, End end, long now) {
    Share share = shares.get(webhook);
    if (share == null || share.used == 0) {
      throw new IllegalStateException("slot released twice");
    }
    used--;
    share.used--;
    if (urgency == Urgency.BULK) {
      usedByBulk--;
      share.usedByBulk--;
    }
    share.limit =
        end == End.SILENT
            ? Math.max(Math.min(SHARE_MIN, perWebhook), share.limit / 2)
            : Math.min(perWebhook, share.limit * 2);
    switch (end) {
      case ANSWERED -> share.breaker.succeeded();
      case FAILED, SILENT -> share.breaker.failed(now);
      case NOT_SENT -> share.breaker.notMade();
    }
    if (share.used == 0
        && share.limit >= atFirst()
        && share.breaker.isFresh()
        && share.turns.isFresh(now)
        && share.rate.isFresh(now)) {
      shares.remove(webhook);
    }
    if (used == 0) {
      notifyAll();
    }
  }

  /** Whether the endpoint did nothing but fail, so that hardly any attempt is made. */
  public synchronized boolean isBroken(String webhook) {
    Share share = shares.get(webhook);
    return share != null && share.breaker.isOpen();
  }

  /** How many endpoints do nothing but fail. */
  synchronized long broken() {
    return shares.values().stream().filter(share -> share.breaker.isOpen()).count();
  }

  /** Waits until no attempt runs; false when some still do after {@code max}. */
  public synchronized boolean awaitNoneUsed(Duration max) {
    long deadline = System.nanoTime() + max.toNanos();
    try {
      while (used > 0) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private int atFirst() {
    return Math.min(SHARE_AT_FIRST, perWebhook);
  }

  private static final class Share {
    private final Breaker breaker = new Breaker();
    private final Rate rate = new Rate();
    private final Turns turns = new Turns();
    private int limit;
    private int used;
    private int usedByBulk;

    Share(int limit) {
      this.limit = limit;
    }

    boolean hasRoom(Urgency urgency, int max) {
      return used < max && (urgency == Urgency.LIVE || usedByBulk < forBulk(max));
    }
  }
}
