package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** An answer that is being worked on; its failure is always a {@link StoreException}. */
final class Call<T> extends CompletableFuture<T> {
  /** The next step, once a stage has its value; its failure, and the step's own, are the call's. */
  <S> void then(CompletionStage<S> stage, Consumer<? super S> next) {
    var _ =
        stage.whenComplete(
            (value, error) -> {
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
            });
  }

  void fail(Throwable error) {
    completeExceptionally(RedisErrors.map(error));
  }
}
