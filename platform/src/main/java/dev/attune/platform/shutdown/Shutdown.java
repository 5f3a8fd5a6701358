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
          if (asked.getCount() == 0) {
            Runtime.getRuntime().halt(130);
          }
          asked.countDown();
        });
  }

  /** Ends {@link #awaitSignal} as a signal would. */
  public void ask() {
    asked.countDown();
  }

  /** Waits until the process is asked to end; to be followed by {@link #close} and exit 0. */
  public void awaitSignal() throws InterruptedException {
    asked.await();
  }

  /** Closes everything, once. */
  @Override
  public void close() {
    List<Step> open;
    synchronized (this) {
      open = closed ? List.of() : List.copyOf(steps);
      closed = true;
    }
    for (Step step : open.reversed()) {
      close(step);
    }
  }

  private static void close(Step step) {
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
    try {
      if (!thread.join(step.limit())) {
        LOG.error(
            "{} did not close within {} ms and is left behind",
            step.name(),
            step.limit().toMillis());
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      // Whoever closes is in a hurry: the rest is closed all the same, without waiting.
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
