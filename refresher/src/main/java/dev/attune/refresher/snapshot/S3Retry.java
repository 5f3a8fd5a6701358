package dev.attune.refresher.snapshot;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits between tries of something that S3 did not do, for as long as there is patience. */
final class S3Retry {
  private static final Logger LOG = LoggerFactory.getLogger(S3Retry.class);
  private static final long PAUSE_MILLIS_MIN = 100;
  private static final long PAUSE_MILLIS_MAX = 5_000;

  private final Duration patience;
  private int failures;
  private long failedAtNanos;

  /**
   * @param patience from the first failure, or the last progress, to the last try
   */
  S3Retry(Duration patience) {
    this.patience = patience;
  }

  /** It is doing something again. */
  void progressed() {
    failures = 0;
  }

  /**
   * Returns when it is time for another try.
   *
   * @throws RuntimeException the failure, when another try would not help or there were enough
   */
  void after(RuntimeException failure) {
    if (failure instanceof RefusedException || Thread.currentThread().isInterrupted()) {
      throw failure;
    }
    if (failures == 0) {
      failedAtNanos = System.nanoTime();
    }
    Duration pause =
        Duration.ofMillis(Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(failures, 10)));
    Duration waited = Duration.ofNanos(System.nanoTime() - failedAtNanos).plus(pause);
    if (waited.compareTo(patience) > 0) {
      throw failure;
    }
    if (failures == 0) {
      LOG.warn("A refresh waits and tries again: {}", failure.getMessage());
    }
    failures++;
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }
}
