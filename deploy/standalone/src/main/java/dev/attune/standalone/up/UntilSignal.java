package dev.attune.standalone.up;

import dev.attune.platform.shutdown.Shutdown;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.CountDownLatch;

/**
 * Work that SIGTERM or Ctrl-C ends wherever it is, by an interrupt, so that what it opened is
 * closed in order and the process exits with 0. A second signal ends the process at once.
 */
public final class UntilSignal {
  private UntilSignal() {}

  /** Something that can be interrupted. */
  @FunctionalInterface
  public interface Work {
    void run() throws InterruptedException;
  }

  /** Runs on this thread; returns the exit code. */
  public static int run(Terminal terminal, Work work) {
    var signals = new Shutdown();
    signals.onSignals();
    Thread worker = Thread.currentThread();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                signals.awaitSignal();
                worker.interrupt();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      work.run();
    } catch (InterruptedException e) {
      // This is how it is asked to end.
    }
    terminal.note("Stopped.");
    return 0;
  }

  /** Waits for the signal, and says that it came. */
  static void await(Terminal terminal) {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      stopping(terminal);
    }
  }

  /** Says that the end has begun. */
  public static void stopping(Terminal terminal) {
    terminal.note("Stopping; what was accepted is finished first.");
  }
}
