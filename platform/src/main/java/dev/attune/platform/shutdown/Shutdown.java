package dev.attune.platform.shutdown;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what a process is made of, last opened first, each within its own time.
 *
 * <p>What does not end in time is left behind and named in the log: a restart deals with it, as it
 * would after a crash.
 */
public final class Shutdown implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

  private final List<Step> steps = new ArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private boolean closed;

  private record Step(String name, AutoCloseable what, Duration limit) {}

  /** Adds what was opened now: it is closed before everything that was added earlier. */
  public synchronized <T extends AutoCloseable> T add(String name, T what, Duration limit) {
    steps.add(new Step(name, what, limit));
    return what;
  }

  /** Makes SIGTERM and SIGINT end {@link #awaitSignal}; a second one ends the process at once. */
  public void onSignals() {
    Signals.handle(
        List.of("TERM", "INT"),
        () -> {
          if (isAsked()) {
            Runtime.getRuntime().halt(130);
          }
          asked.countDown();
        });
  }

  /** Ends {@link #awaitSignal} as a signal would. */
  public void ask() {
    asked.countDown();
  }

  /** Whether a signal, or {@link #ask}, has come. */
  public boolean isAsked() {
    return asked.getCount() == 0;
  }

  /** Waits until the process is asked to end; to be followed by {@link #close} and exit 0. */
  public void awaitSignal() throws InterruptedException {
    asked.await();
  }

  /**
   * Closes everything, once. An interrupt, which is how a start under way is told to end, changes
   * neither the order nor the time that each has; the flag is set again afterwards.
   */
  @Override
  public void close() {
    List<Step> open;
    synchronized (this) {
      open = closed ? List.of() : List.copyOf(steps);
      closed = true;
    }
    boolean interrupted = false;
    for (Step step : open.reversed()) {
      interrupted |= close(step);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether this thread was interrupted before or meanwhile. */
  private static boolean close(Step step) {
    Thread thread =
        Thread.ofPlatform()
            .name("close-" + step.name())
            .daemon()
            .start(
                () -> {
                  try {
                    step.what().close();
                  } catch (Exception e) {
                    LOG.error("closing {} failed", step.name(), e);
                  }
                });
    long deadline = System.nanoTime() + step.limit().toNanos();
    boolean interrupted = false;
    while (true) {
      try {
        if (!thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
          LOG.error(
              "{} did not close within {} ms and is left behind",
              step.name(),
              step.limit().toMillis());
          thread.interrupt();
        }
        return interrupted;
      } catch (InterruptedException e) {
        // What was opened earlier is still needed by what is being closed: go on waiting.
        interrupted = true;
      }
    }
  }
}
