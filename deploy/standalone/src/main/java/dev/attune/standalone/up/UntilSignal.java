package dev.attune.standalone.up;

import dev.attune.platform.shutdown.Shutdown;
import dev.attune.standalone.terminal.Terminal;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that SIGTERM or Ctrl-C ends wherever it is, by an interrupt, so that what it opened is
 * closed in order and the process exits with 0. A second signal ends the process at once.
 */
public final class UntilSignal {
  private UntilSignal() {}

  private static final Logger LOG = LoggerFactory.getLogger(UntilSignal.class);

  /** Something that can be interrupted. */
  @FunctionalInterface
  public interface Work {
    void run() throws InterruptedException;
  }

  /** Runs on this thread; returns the exit code. */
  public static int run(Terminal terminal, Work work) {
    var signals = new Shutdown();
    signals.onSignals();
    return run(terminal, signals, work);
  }

  static int run(Terminal terminal, Shutdown signals, Work work) {
    var interrupter = new Interrupter(Thread.currentThread());
    Thread watcher = Thread.ofVirtual().start(() -> interrupter.await(signals));
    try {
      work.run();
    } catch (InterruptedException e) {
      // This is how it is asked to end.
    } catch (RuntimeException e) {
      if (!signals.isAsked()) {
        throw e;
      }
      // What was interrupted in the middle says so in its own way.
      LOG.info("stopped by a signal in the middle of something", e);
    } finally {
      interrupter.end();
      watcher.interrupt();
    }
    terminal.note("Stopped.");
    return 0;
  }

  /** Interrupts the worker at the signal, but never what comes after the work. */
  private static final class Interrupter {
    private final Thread worker;
    private boolean ended;

    Interrupter(Thread worker) {
      this.worker = worker;
    }

    void await(Shutdown signals) {
      try {
        signals.awaitSignal();
      } catch (InterruptedException e) {
        return; // The work has ended by itself.
      }
      synchronized (this) {
        if (!ended) {
          worker.interrupt();
        }
      }
    }

    /** On the worker's thread: clears the flag, which has done its work. */
    synchronized void end() {
      ended = true;
      Thread.interrupted();
    }
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
