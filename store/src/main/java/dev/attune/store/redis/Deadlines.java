package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.TimerTask;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends calls in time, whatever becomes of Redis. A wheel, since nearly every timeout is cancelled
 * again after a fraction of a millisecond; a tick is how late it may be.
 */
final class Deadlines implements AutoCloseable {
  private static final Duration TICK = Duration.ofMillis(10);

  private final HashedWheelTimer timer =
      new HashedWheelTimer(
          new DefaultThreadFactory("redis-deadlines", true),
          TICK.toMillis(),
          TimeUnit.MILLISECONDS);
  private volatile boolean closed;

  /** A call that ends within its time, now if there is none or the store is closed. */
  <T> Call<T> call(Duration max) {
    var call = new Call<T>();
    if (closed) {
      call.fail(unavailable("the store is closed"));
    } else if (max.isNegative() || max.isZero()) {
      call.fail(unanswered(max));
    } else {
      start(new Expiry(call, max));
    }
    return call;
  }

  private void start(Expiry expiry) {
    try {
      Timeout timeout = timer.newTimeout(expiry, expiry.max.toNanos(), TimeUnit.NANOSECONDS);
      var _ =
          expiry.call.whenComplete(
              (_, error) -> {
                timeout.cancel();
                if (error != null) {
                  expiry.call.takeBack();
                }
              });
    } catch (IllegalStateException e) {
      expiry.call.fail(unavailable("the store is closed")); // a moment ago
    }
  }

  /** Ends the calls that are still going on. */
  @Override
  public void close() {
    closed = true;
    for (Timeout timeout : timer.stop()) {
      if (timeout.task() instanceof Expiry expiry) {
        expiry.call.fail(unavailable("the store is closed"));
      }
    }
  }

  private static StoreException unanswered(Duration max) {
    return unavailable("Redis: no answer within " + max.toMillis() + " ms");
  }

  private static StoreException unavailable(String message) {
    return new StoreException(StoreException.Kind.UNAVAILABLE, message);
  }

  private record Expiry(Call<?> call, Duration max) implements TimerTask {
    @Override
    public void run(Timeout timeout) {
      call.fail(unanswered(max));
    }
  }
}
