package dev.attune.store.dynamodb;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Many pieces of blocking work, some at a time. */
final class Parallel {
  private Parallel() {}

  /** Returns when all are done, or throws the first failure after the others have come to rest. */
  static <T> void forEach(List<T> items, int most, Consumer<T> work) {
    var next = new AtomicInteger();
    var failure = new AtomicReference<@Nullable RuntimeException>();
    Runnable worker =
        () -> {
          for (int i = next.getAndIncrement();
              i < items.size() && failure.get() == null;
              i = next.getAndIncrement()) {
            try {
              work.accept(items.get(i));
            } catch (RuntimeException e) {
              failure.compareAndSet(null, e);
            }
          }
        };
    List<CompletableFuture<?>> workers = new ArrayList<>();
    for (int i = 1; i < Math.min(items.size(), most); i++) {
      workers.add(CompletableFuture.runAsync(worker, Thread::startVirtualThread));
    }
    worker.run();
    workers.forEach(CompletableFuture::join);
    RuntimeException first = failure.get();
    if (first != null) {
      throw first;
    }
  }
}
