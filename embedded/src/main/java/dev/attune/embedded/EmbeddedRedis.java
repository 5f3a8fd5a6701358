package dev.attune.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Redis beside this process, on loopback, that is brought back with its data whenever it
 * dies. Its data lies in a directory and survives a restart; a kill of both processes loses what
 * was written in about the last second, a kill of this one nothing.
 */
public final class EmbeddedRedis implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedRedis.class);

  private static final Duration BACKOFF_MIN = Duration.ofMillis(100);
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);

  /** A run that lasted this long was a success: the next back-off starts small again. */
  private static final Duration RUN_GOOD = Duration.ofSeconds(30);

  private final Path directory;
  private final int port;
  private final CompletableFuture<Void> closing = new CompletableFuture<>();
  private final Thread supervisor;
  private volatile RedisServer server;

  private EmbeddedRedis(Path directory, RedisServer server) {
    this.directory = directory;
    this.server = server;
    this.port = server.port();
    this.supervisor = Thread.ofVirtual().name("embedded-redis").unstarted(this::supervise);
  }

  /**
   * Starts Redis and returns once it answers, its data loaded. One that was left behind on this
   * directory by a killed process is stopped first.
   *
   * @param directory of its data, its binary, its pid file and its log; created the first time
   * @param port to listen on, 0 for any free one
   * @throws PortTakenException when somebody listens on that port
   * @throws IllegalStateException when the directory is in use, or Redis does not start
   */
  public static EmbeddedRedis start(Path directory, int port) {
    var redis = new EmbeddedRedis(directory, RedisServer.start(directory, port));
    redis.supervisor.start();
    return redis;
  }

  /** Always {@code 127.0.0.1}. */
  public String host() {
    return Ports.LOOPBACK;
  }

  /** The port it listens on; the same after it was brought back. */
  public int port() {
    return port;
  }

  /** The process id of the present run. */
  public long pid() {
    return server.pid();
  }

  /** Whether the process is there now. */
  public boolean isAlive() {
    return server.isAlive();
  }

  /** Stops it; its data is synced and kept. */
  @Override
  public void close() {
    closing.complete(null);
    supervisor.interrupt(); // it may be waiting for a new run to load its data
    try {
      supervisor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.close();
  }

  private void supervise() {
    Duration backoff = BACKOFF_MIN;
    long started = System.nanoTime();
    while (true) {
      CompletableFuture.anyOf(closing, server.onExit()).join();
      if (System.nanoTime() - started > RUN_GOOD.toNanos()) {
        backoff = BACKOFF_MIN;
      }
      if (closesWithin(backoff)) {
        return;
      }
      backoff = backoff.compareTo(BACKOFF_MAX) < 0 ? backoff.multipliedBy(2) : BACKOFF_MAX;
      started = System.nanoTime();
      startAgain();
    }
  }

  private void startAgain() {
    log.warn("Redis (pid {}) ended by itself, starting it again", server.pid());
    server.kill(); // lets go of the directory
    try {
      server = RedisServer.start(directory, port);
      log.info("Redis is back (pid {})", server.pid());
    } catch (RuntimeException e) {
      log.warn("Redis could not be started again: {}", e.getMessage());
    }
  }

  private boolean closesWithin(Duration duration) {
    try {
      closing.get(duration.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException | ExecutionException e) {
      return true; // only closing interrupts
    }
  }
}
