package dev.attune.store.redis;

import io.lettuce.core.resource.EventLoopGroupProvider;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The event loops that callers ask on. Each has connections of its own, so that a question and its
 * answer stay on the caller's thread: handing one over to another thread and back costs more than
 * the question.
 *
 * @param all none: callers have no loops, and all share one connection on the driver's threads
 */
record Loops(List<EventLoop> all) {
  static final Loops NONE = new Loops(List.of());

  Loops {
    all = List.copyOf(all);
  }

  static Loops of(EventLoopGroup group) {
    List<EventLoop> all = new ArrayList<>();
    for (EventExecutor each : group) {
      all.add((EventLoop) each);
    }
    return new Loops(all);
  }

  /** How many sets of connections there are. */
  int sets() {
    return Math.max(1, all.size());
  }

  /** The set of the current thread; others than the loops share them out among themselves. */
  int here() {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).inEventLoop()) {
        return i;
      }
    }
    return (int) (Thread.currentThread().threadId() % sets());
  }

  /** Lets the driver use one loop, which is somebody else's to close. */
  record Borrowed(EventLoop loop) implements EventLoopGroupProvider {
    @Override
    public <T extends EventLoopGroup> T allocate(Class<T> type) {
      // The driver asks for the kind of group that it would make, and only registers with it.
      @SuppressWarnings("unchecked")
      T borrowed = (T) loop;
      return borrowed;
    }

    @Override
    public int threadPoolSize() {
      return 1;
    }

    @Override
    public Future<Boolean> release(
        EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
      return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
    }

    @Override
    public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
      return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
    }
  }
}
