package dev.attune.store.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.RedisClusterClient;
import io.netty.util.concurrent.EventExecutorGroup;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a Redis Cluster, as most of them say. Looked at when first needed, from then on
 * every few seconds, and soon after something spoke against the view: a key that had moved, a
 * connection that broke, a call that was not answered.
 *
 * <p>The driver's cluster client is asked for the view only. Its connections send a batch with a
 * flush for each slot, and block the caller (who may be an event loop) until each node is
 * connected.
 */
final class ClusterTopology implements Topology {
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(5);
  private static final Duration LOOK_INTERVAL_MIN = Duration.ofMillis(100);

  private final RedisClusterClient client;
  private final EventExecutorGroup executor;
  private final Consumer<Placement> onLook;

  private volatile @Nullable CompletableFuture<Placement> seen;
  private volatile boolean closed;
  private @Nullable CompletableFuture<Placement> looking;
  private boolean doubted;
  private boolean periodic;
  private long lookedNanos = System.nanoTime() - LOOK_INTERVAL.toNanos();

  /**
   * Does nothing yet.
   *
   * @param onLook is told of every view; must not block
   */
  ClusterTopology(
      RedisClusterClient client, EventExecutorGroup executor, Consumer<Placement> onLook) {
    this.client = client;
    this.executor = executor;
    this.onLook = onLook;
  }

  @Override
  public CompletionStage<Placement> placement() {
    CompletableFuture<Placement> known = seen;
    return known == null ? look() : known;
  }

  @Override
  public synchronized CompletionStage<Placement> look() {
    CompletableFuture<Placement> running = looking;
    if (running != null && (!running.isDone() || isTooSoon(running))) {
      return running;
    }
    lookedNanos = System.nanoTime();
    CompletableFuture<Placement> look = ask().toCompletableFuture();
    looking = look;
    var _ = look.thenAccept(this::keep);
    return look;
  }

  /** A failure is good for a moment, so that not every call goes and asks. */
  private boolean isTooSoon(CompletableFuture<?> last) {
    return last.isCompletedExceptionally() && sinceLook() < LOOK_INTERVAL_MIN.toNanos();
  }

  private long sinceLook() {
    return System.nanoTime() - lookedNanos;
  }

  private CompletionStage<Placement> ask() {
    if (closed) {
      return CompletableFuture.failedFuture(new RedisException("closed"));
    }
    try {
      return client
          .refreshPartitionsAsync()
          .thenApply(_ -> Placement.of(client.getPartitions().getPartitions()));
    } catch (RuntimeException e) {
      // The client was closed a moment ago.
      return CompletableFuture.failedFuture(new RedisException(e));
    }
  }

  private void keep(Placement placement) {
    seen = CompletableFuture.completedFuture(placement);
    onLook.accept(placement);
    synchronized (this) {
      if (!periodic) {
        periodic = true;
        schedule(this::lookRegularly, LOOK_INTERVAL);
      }
    }
  }

  private void lookRegularly() {
    if (!closed) {
      var _ = look();
      schedule(this::lookRegularly, LOOK_INTERVAL);
    }
  }

  @Override
  public synchronized void doubt() {
    if (doubted || closed) {
      return;
    }
    doubted = true;
    long wait = Math.clamp(LOOK_INTERVAL_MIN.toNanos() - sinceLook(), 0, Long.MAX_VALUE);
    schedule(this::lookOnceMore, Duration.ofNanos(wait));
  }

  private void lookOnceMore() {
    synchronized (this) {
      doubted = false;
    }
    var _ = look();
  }

  private void schedule(Runnable task, Duration delay) {
    try {
      var _ = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      closed = true; // the executor is, and so will we be
    }
  }

  @Override
  public void close() {
    closed = true;
    RedisDriver.close(client);
  }
}
