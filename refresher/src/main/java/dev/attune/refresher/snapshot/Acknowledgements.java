package dev.attune.refresher.snapshot;

import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * Records on their way to the log: so many at most, and each acknowledged within its time; else it
 * throws a {@link RetriableException}, or what is not worth another try.
 */
final class Acknowledgements {
  private final RefreshSettings settings;
  private final ArrayDeque<CompletionStage<?>> waiting = new ArrayDeque<>();

  Acknowledgements(RefreshSettings settings) {
    this.settings = settings;
  }

  /** Adds one; waits for the oldest when there are too many. */
  void add(CompletionStage<?> stage) {
    waiting.add(stage);
    if (waiting.size() >= settings.inFlightMax()) {
      await(waiting.remove());
    }
  }

  /** Returns once there is none left. */
  void awaitAll() {
    while (!waiting.isEmpty()) {
      await(waiting.remove());
    }
  }

  private void await(CompletionStage<?> stage) {
    try {
      stage
          .toCompletableFuture()
          .get(settings.acknowledgeTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the log", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RetriableException away) {
        throw away;
      }
      throw new IllegalStateException("the log did not take a record", e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException(
          "the log did not acknowledge a record within " + settings.acknowledgeTimeout(), e);
    }
  }
}
