package dev.attune.refresher.snapshot;

import dev.attune.core.profile.StoreException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats a write while the store or the log is away, for a while: a run of an hour must not fail
 * for a fault of a second.
 */
final class Patience {
  private static final Logger LOG = LoggerFactory.getLogger(Patience.class);
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 5_000;

  /** How the time between two tries passes. */
  interface Pause {
    void millis(long millis) throws InterruptedException;
  }

  private final Duration most;
  private final LongSupplier nanos;
  private final Pause pause;

  /**
   * @param most from a write's first failure to its last try
   */
  Patience(Duration most) {
    this(most, System::nanoTime, Thread::sleep);
  }

  Patience(Duration most, LongSupplier nanos, Pause pause) {
    this.most = most;
    this.nanos = nanos;
    this.pause = pause;
  }

  /**
   * Writes.
   *
   * @throws IllegalStateException when the store or the log stayed away, or when interrupted
   */
  void write(Runnable write) {
    long failedAt = 0;
    for (int failures = 0; ; failures++) {
      try {
        write.run();
        if (failures > 0) {
          LOG.info("The refresh goes on");
        }
        return;
      } catch (StoreException | RetriableException e) {
        if (e instanceof StoreException store && store.kind() == StoreException.Kind.CORRUPT) {
          throw e;
        }
        if (failures == 0) {
          failedAt = nanos.getAsLong();
          LOG.warn("A refresh waits and tries again: {}", e.getMessage());
        }
        long millis = Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(failures, 10));
        long waited = nanos.getAsLong() - failedAt + TimeUnit.MILLISECONDS.toNanos(millis);
        if (waited > most.toNanos()) {
          throw new IllegalStateException(
              "gave up after repeating a write for " + most.toSeconds() + " s: " + e.getMessage(),
              e);
        }
        rest(millis, e);
      }
    }
  }

  private void rest(long millis, RuntimeException failure) {
    try {
      pause.millis(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while the store or the log was away; the next run goes on", failure);
    }
  }
}
