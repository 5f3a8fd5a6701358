package dev.attune.dispatcher.delivery;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How many attempts may run at once: over all webhooks, and for each one.
 *
 * <p>A webhook's share is halved by every attempt that ends without an answer, down to two, and
 * doubled again by every answer: an endpoint that hangs holds two slots until its timeout, and not
 * those of its neighbours. Safe for use by several threads.
 */
public final class Slots {
  private static final int SHARE_MIN = 2;

  private final int total;
  private final int perWebhook;
  private final Map<String, Share> shares = new HashMap<>();
  private int used;

  /** Nothing is used at first. */
  public Slots(int total, int perWebhook) {
    this.total = total;
    this.perWebhook = perWebhook;
  }

  synchronized boolean tryAcquire(String webhook) {
    Share share = shares.computeIfAbsent(webhook, _ -> new Share(perWebhook));
    if (used >= total || share.used >= share.limit) {
      return false;
    }
    used++;
    share.used++;
    return true;
  }

  synchronized void release(String webhook, boolean answered) {
    Share share = shares.get(webhook);
    if (share == null || share.used == 0) {
      throw new IllegalStateException("slot released twice");
    }
    used--;
    share.used--;
    share.limit =
        answered
            ? Math.min(perWebhook, share.limit * 2)
            : Math.max(Math.min(SHARE_MIN, perWebhook), share.limit / 2);
    if (share.used == 0 && share.limit == perWebhook) {
      shares.remove(webhook);
    }
    if (used == 0) {
      notifyAll();
    }
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

  private static final class Share {
    private int limit;
    private int used;

    Share(int limit) {
      this.limit = limit;
    }
  }
}
