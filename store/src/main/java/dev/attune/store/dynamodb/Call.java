package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** An answer that is being worked on, and until when; its failure is a {@link StoreException}. */
final class Call<T> extends CompletableFuture<T> {
  private final Duration timeout;
  private final long endNanos;
  private volatile boolean heldBack;

  Call(Duration timeout) {
    this.timeout = timeout;
    this.endNanos = System.nanoTime() + timeout.toNanos();
  }

  long leftNanos() {
    return endNanos - System.nanoTime();
  }

  /** Says that DynamoDB, or we ourselves, held it back: if it ends late, that was why. */
  void heldBack() {
    heldBack = true;
  }

  StoreException late() {
    return heldBack
        ? new StoreException(
            Kind.OVERLOADED, "DynamoDB: held back for " + timeout.toMillis() + " ms")
        : new StoreException(
            Kind.UNAVAILABLE, "DynamoDB: no answer within " + timeout.toMillis() + " ms");
  }

  void fail(Throwable error) {
    completeExceptionally(DynamoErrors.map(error));
  }
}
