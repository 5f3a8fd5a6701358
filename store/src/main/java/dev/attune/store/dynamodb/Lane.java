package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Calls under way, each on a virtual thread of its own and at most so many; what is above is
 * refused at once. A call ends within its time even when its thread does not, which may hang where
 * nothing interrupts it, such as in a look-up of the host's name. Until it comes back it counts.
 */
final class Lane implements AutoCloseable {
  private final Semaphore free;
  private final Set<Call<?>> underWay = ConcurrentHashMap.newKeySet();
  private final ScheduledThreadPoolExecutor deadlines =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().daemon().name("dynamodb-deadlines").factory());
  private volatile boolean closed;

  Lane(int maxCalls) {
    free = new Semaphore(maxCalls);
    deadlines.setRemoveOnCancelPolicy(true);
  }

  /** Work that blocks; its failures become the call's. */
  <T> CompletionStage<T> call(Duration timeout, Function<Call<T>, T> work) {
    Call<T> call = new Call<>(timeout);
    if (closed) {
      call.fail(isClosed());
    } else if (call.leftNanos() <= 0) {
      call.fail(call.late());
    } else if (!free.tryAcquire()) {
      call.fail(new StoreException(Kind.OVERLOADED, "DynamoDB: too many calls are under way"));
    } else {
      start(call, work);
    }
    return call;
  }

  private <T> void start(Call<T> call, Function<Call<T>, T> work) {
    underWay.add(call);
    var expiry =
        deadlines.schedule(
            // Who continues there must not hold up the other deadlines.
            () -> Thread.startVirtualThread(() -> call.fail(call.late())),
            call.leftNanos(),
            TimeUnit.NANOSECONDS);
    var _ =
        call.whenComplete(
            (_, _) -> {
              expiry.cancel(false);
              underWay.remove(call);
            });
    if (closed) {
      call.fail(isClosed()); // a moment ago, maybe too late to be seen by close
    }
    Thread.startVirtualThread(
        () -> {
          Runnable ending;
          try {
            T answer = work.apply(call);
            ending = () -> call.complete(answer);
          } catch (Throwable e) {
            ending = () -> call.fail(e);
          }
          free.release(); // before: who continues may ask for more
          ending.run();
        });
  }

  /** Ends the calls that are still going on. */
  @Override
  public void close() {
    closed = true;
    deadlines.shutdownNow();
    underWay.forEach(call -> call.fail(isClosed()));
  }

  private static StoreException isClosed() {
    return new StoreException(Kind.UNAVAILABLE, "the store is closed");
  }

  /** The same as a call that has failed already, for what is refused before it begins. */
  static <T> CompletionStage<T> refused(IllegalStateException why) {
    return CompletableFuture.failedFuture(why);
  }
}
