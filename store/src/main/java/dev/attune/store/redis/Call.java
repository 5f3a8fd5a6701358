package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An answer that is being worked on; its failure is always a {@link StoreException}. */
final class Call<T> extends CompletableFuture<T> {
  private volatile @Nullable Runnable takeBack;

  /** What to do with what is on its way when the call ends before it; the last one counts. */
  void onItsWay(Runnable takeBack) {
    this.takeBack = takeBack;
    if (isDone()) {
      takeBack.run();
    }
  }

  /** The call has failed: what is on its way is not waited for any more. */
  void takeBack() {
    Runnable current = takeBack;
    if (current != null) {
      current.run();
    }
  }

  /** The next step, once a stage has its value; its failure, and the step's own, are the call's. */
  <S> void then(CompletionStage<S> stage, Consumer<? super S> next) {
    var _ = stage.whenComplete((value, error) -> step(value, error, next));
  }

  /** The next step, now that there is a value or an error. What is not there is a null value. */
  @SuppressWarnings("NullAway") // the driver's types do not say which values may be absent
  <S> void step(@Nullable S value, @Nullable Throwable error, Consumer<? super S> next) {
    if (isDone()) {
      return;
    }
    if (error != null) {
      fail(error);
      return;
    }
    try {
      next.accept(value);
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  void fail(Throwable error) {
    completeExceptionally(RedisErrors.map(error));
  }
}
