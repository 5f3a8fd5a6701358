package dev.attune.evaluator;

import dev.attune.platform.http.HttpProblem;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Looks at very many states. It computes all the time: a virtual thread would keep one of few
 * carriers from everybody else, so it gets a thread of its own, and one at a time does so.
 */
final class LongLook {
  private final ReentrantLock one = new ReentrantLock();
  private final String busy;

  /**
   * @param busy what is said to whoever comes while somebody looks
   */
  LongLook(String busy) {
    this.busy = busy;
  }

  /**
   * Does it; what it throws is thrown here.
   *
   * @throws HttpProblem 503 while somebody else looks
   */
  <T> T look(Supplier<T> work) {
    if (!one.tryLock()) {
      throw HttpProblem.unavailable(busy);
    }
    try {
      return onAThreadOfItsOwn(work);
    } finally {
      one.unlock();
    }
  }

  private static <T> T onAThreadOfItsOwn(Supplier<T> work) {
    var task = new FutureTask<>(work::get);
    Thread.ofPlatform().daemon().name("look").start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a look at the states failed", e.getCause());
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt();
      throw HttpProblem.unavailable("interrupted while looking");
    }
  }
}
