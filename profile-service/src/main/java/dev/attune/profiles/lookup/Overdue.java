package dev.attune.profiles.lookup;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what nobody else has ended in time. Nearly everything has ended long before, and a timer of
 * the JDK for each would have its thread woken twice a lookup: here an entry is put away once, and
 * one thread looks at those whose time has come. It sleeps while there are none.
 */
final class Overdue implements AutoCloseable {
  /** How late it may be. */
  private static final long TICK_NANOS = Duration.ofMillis(5).toNanos();

  /** Ticks in a turn; no wait is longer than half of it, 10 s. */
  private static final int TICKS = 4_096;

  /** So often it is looked whether there is anything at all. */
  private static final int ROUNDS = 256;

  private static final Logger LOG = LoggerFactory.getLogger(Overdue.class);

  private final Queue<Entry>[] ring;
  private final long beganNanos = System.nanoTime();
  private final Thread thread;
  private volatile long swept;
  private volatile boolean asleep;
  private volatile boolean closed;

  /** Something that has a time to end. */
  static final class Entry {
    private volatile @Nullable Runnable expiry;

    Entry(Runnable expiry) {
      this.expiry = expiry;
    }

    /** It has ended; what it would have needed is let go at once. */
    void ended() {
      expiry = null;
    }

    private void expire() {
      Runnable current = expiry;
      if (current != null) {
        current.run();
      }
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  Overdue() {
    ring =
        IntStream.range(0, TICKS)
            .mapToObj(_ -> new ConcurrentLinkedQueue<Entry>())
            .toArray(Queue[]::new);
    thread = Thread.ofPlatform().daemon().name("lookup-overdue").start(this::sweep);
  }

  /**
   * @param expiry runs when the time is up and {@link Entry#ended} was not called; it may come
   *     twice, and on any thread
   */
  Entry in(Duration time, Runnable expiry) {
    var entry = new Entry(expiry);
    long nanos = Math.clamp(time.toNanos(), 0, TICKS / 2 * TICK_NANOS);
    long tick = (System.nanoTime() - beganNanos + nanos) / TICK_NANOS + 1;
    ring[(int) (tick % TICKS)].add(entry);
    if (asleep) {
      asleep = false;
      LockSupport.unpark(thread);
    }
    if (swept >= tick) {
      entry.expire(); // it was put away behind the thread's back
    }
    return entry;
  }

  private void sweep() {
    for (int round = 1; !closed; round++) {
      long current = (System.nanoTime() - beganNanos) / TICK_NANOS;
      // After a long sleep not from where it left off: those places belong to a later turn by now.
      for (long tick = Math.max(swept, current - TICKS / 2) + 1; tick <= current; tick++) {
        // Before it is emptied: who comes later sees it, and looks after itself.
        swept = tick;
        Queue<Entry> due = ring[(int) (tick % TICKS)];
        for (Entry entry = due.poll(); entry != null; entry = due.poll()) {
          expire(entry);
        }
      }
      if (round % ROUNDS == 0 && isEmpty()) {
        asleep = true;
        // Who came meanwhile may not have seen it.
        if (isEmpty() && !closed) {
          LockSupport.park(this);
        }
        asleep = false;
      } else {
        LockSupport.parkNanos(this, TICK_NANOS);
      }
    }
  }

  // Without this thread no lookup would end that the store has forgotten.
  private static void expire(Entry entry) {
    try {
      entry.expire();
    } catch (RuntimeException e) {
      LOG.error("a lookup whose time was up could not be ended", e);
    }
  }

  boolean isAsleep() {
    return asleep;
  }

  private boolean isEmpty() {
    for (Queue<Entry> queue : ring) {
      if (!queue.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
