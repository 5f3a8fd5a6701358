package dev.attune.dispatcher.send;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks hosts up, one look-up per host at a time: whoever asks meanwhile gets its answer too. The
 * platform's look-up cannot be interrupted, so that a name server that hangs holds threads; this
 * way each of its hosts holds one, and not those of its neighbours. Nothing is remembered: the
 * platform does that.
 */
final class HostLookups implements AutoCloseable {
  /** Most hosts that are looked up at once. */
  static final int THREADS_MAX = 64;

  private static final int WAITING_MAX = 1_024;

  private final Lookup lookup;
  private final ConcurrentHashMap<String, Asked> asked = new ConcurrentHashMap<>();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS_MAX,
          THREADS_MAX,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_MAX),
          Thread.ofPlatform().daemon().name("webhook-dns-", 0).factory());

  HostLookups(Lookup lookup) {
    this.lookup = lookup;
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * A host's addresses.
   *
   * @param max how long to wait for them
   * @throws LookupTimeoutException when they did not come in time
   * @throws UnknownHostException when there are none
   */
  InetAddress[] lookUp(String host, Duration max) throws UnknownHostException {
    long deadline = System.nanoTime() + max.toNanos();
    Asked mine = new Asked(deadline);
    Asked shared =
        asked.compute(
            host,
            (_, running) -> {
              if (running == null) {
                return mine;
              }
              running.awaitedUntil(deadline);
              return running;
            });
    if (shared.equals(mine)) {
      begin(host, mine);
    }
    try {
      return shared
          .addresses
          .get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)
          .clone();
    } catch (TimeoutException e) {
      throw new LookupTimeoutException();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LookupTimeoutException) {
        throw new LookupTimeoutException();
      }
      throw new UnknownHostException("the host's name does not resolve");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException("interrupted");
    }
  }

  private void begin(String host, Asked mine) {
    try {
      threads.execute(() -> run(host, mine));
    } catch (RejectedExecutionException e) {
      asked.remove(host, mine);
      mine.addresses.completeExceptionally(new LookupTimeoutException());
    }
  }

  private void run(String host, Asked mine) {
    // All who asked may have gone while it stood in the queue.
    if (asked.computeIfPresent(host, (_, now) -> now.isAwaited() ? now : null) == null) {
      mine.addresses.completeExceptionally(new LookupTimeoutException());
      return;
    }
    try {
      InetAddress[] found = lookup.resolve(host);
      asked.remove(host, mine);
      mine.addresses.complete(found);
    } catch (UnknownHostException | RuntimeException | Error e) {
      asked.remove(host, mine);
      mine.addresses.completeExceptionally(e);
      if (e instanceof VirtualMachineError error) {
        throw error;
      }
    }
  }

  /** Those who still wait are answered by their deadlines. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  /** The platform's look-up; tests have their own. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /** The name was not resolved within the time there was. */
  static final class LookupTimeoutException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    LookupTimeoutException() {
      super("the host's name was not resolved in time");
    }
  }

  /** One look-up, by identity. Its time is changed only inside the map's own steps. */
  private static final class Asked {
    private final CompletableFuture<InetAddress[]> addresses = new CompletableFuture<>();
    private long awaitedUntil;

    Asked(long deadlineNanos) {
      awaitedUntil = deadlineNanos;
    }

    void awaitedUntil(long deadlineNanos) {
      if (deadlineNanos - awaitedUntil > 0) {
        awaitedUntil = deadlineNanos;
      }
    }

    boolean isAwaited() {
      return awaitedUntil - System.nanoTime() > 0;
    }
  }
}
