package dev.attune.testkit;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something that happens elsewhere, with a deadline and a message. */
public final class Await {
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(2);

  private Await() {}

  /**
   * Returns as soon as the condition holds.
   *
   * @param message what did not happen, for whoever reads the failure
   * @throws AssertionError with the message when it does not hold in time
   */
  public static void until(Duration deadline, String message, BooleanSupplier condition) {
    long end = System.nanoTime() + deadline.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(message + " (waited " + deadline.toMillis() + " ms)");
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError(message + " (interrupted)");
      }
      LockSupport.parkNanos(PROBE_INTERVAL.toNanos());
    }
  }
}
