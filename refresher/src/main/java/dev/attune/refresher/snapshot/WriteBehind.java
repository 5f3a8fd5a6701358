package dev.attune.refresher.snapshot;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes chunks on a thread of its own, one at a time and in their order, while the next one is
 * read. Two at a time would meet at people whom rows of both name.
 */
final class WriteBehind implements AutoCloseable {
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name(Thread.currentThread().getName() + "-writes").factory());
  private Future<?> writing = CompletableFuture.completedFuture(null);

  /**
   * Waits for the chunk before, and begins with this one.
   *
   * @throws RuntimeException or an error: what the one before came to
   * @throws IllegalStateException when interrupted
   */
  void write(Runnable chunk) {
    await();
    writing = thread.submit(chunk);
  }

  /** Waits for the last chunk; throws as {@link #write}. */
  void await() {
    try {
      writing.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between chunks; the next run goes on", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException("a chunk was not written", e);
      }
    }
  }

  /** Returns when nothing is written any more; interrupts the writer when interrupted itself. */
  @Override
  public void close() {
    thread.close();
  }
}
