package dev.attune.store.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One connection, made when it is first needed. Until it has been made once, each need tries again;
 * from then on the driver brings it back by itself.
 */
final class RedisLink {
  static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /** The shortest time between the starts of two attempts. */
  private static final Duration ATTEMPT_INTERVAL = Duration.ofMillis(50);

  private final RedisClient client;
  private final RedisURI uri;
  private volatile @Nullable Attempt attempt;

  RedisLink(RedisClient client, RedisURI uri) {
    this.client = client;
    this.uri = uri;
  }

  /** The connection, which may be broken just now: then it refuses commands. */
  CompletionStage<StatefulRedisConnection<String, byte[]>> connection() {
    Attempt current = attempt;
    return current == null || current.isSpent() ? attempt().future : current.future;
  }

  private synchronized Attempt attempt() {
    Attempt current = attempt;
    if (current == null || current.isSpent()) {
      current = new Attempt(connect(), System.nanoTime());
      attempt = current;
    }
    return current;
  }

  private CompletableFuture<StatefulRedisConnection<String, byte[]>> connect() {
    try {
      return client.connectAsync(CODEC, uri).toCompletableFuture();
    } catch (IllegalStateException e) {
      // The client was closed a moment ago.
      return CompletableFuture.failedFuture(new RedisException(e));
    }
  }

  /** Gives the connection up, and what is on its way; the next need makes a new one. */
  synchronized void close() {
    Attempt current = attempt;
    attempt = null;
    if (current != null) {
      var _ = current.future.thenCompose(StatefulRedisConnection::closeAsync);
    }
  }

  private record Attempt(
      CompletableFuture<StatefulRedisConnection<String, byte[]>> future, long startedNanos) {
    boolean isSpent() {
      return future.isCompletedExceptionally()
          && System.nanoTime() - startedNanos > ATTEMPT_INTERVAL.toNanos();
    }
  }
}
