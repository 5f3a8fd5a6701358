package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore;
import java.time.Duration;

/**
 * Where Redis is and how far it may be pushed.
 *
 * @param host name or address
 * @param port 1-65535
 * @param prefix of every key, one for each workspace: a-z, 0-9, {@code .} and {@code -}, at most 64
 * @param username of its access control list; empty for the default user
 * @param password empty when none is asked
 * @param tls whether to encrypt, and to check the server's certificate
 * @param connectTimeout of one attempt to connect, the handshake included; 10 ms to 1 min
 * @param reconnectDelayMax the longest pause between two attempts; 10 ms to 1 min
 * @param queueMax most commands that wait for an answer, on each of the two connections; what is
 *     above is refused as overload; at least {@link ProfileStore#BATCH_MAX}
 */
public record RedisSettings(
    String host,
    int port,
    String prefix,
    String username,
    String password,
    boolean tls,
    Duration connectTimeout,
    Duration reconnectDelayMax,
    int queueMax) {
  /** Four full batches. */
  public static final int QUEUE_MAX = 4 * ProfileStore.BATCH_MAX;

  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  public static final Duration RECONNECT_DELAY_MAX = Duration.ofMillis(500);

  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  public RedisSettings {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: blank (expected: a name or an address)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
    }
    if (!prefix.matches("[a-z0-9][a-z0-9.-]{0,63}")) {
      throw new IllegalArgumentException(
          "prefix: \"" + prefix + "\" (allowed: a-z, 0-9, . and -, at most 64)");
    }
    if (!username.isEmpty() && password.isEmpty()) {
      throw new IllegalArgumentException(
          "password: empty (expected: one, for there is a username)");
    }
    checkBounds("connectTimeout", connectTimeout);
    checkBounds("reconnectDelayMax", reconnectDelayMax);
    if (queueMax < ProfileStore.BATCH_MAX) {
      throw new IllegalArgumentException(
          "queueMax: " + queueMax + " (expected: at least " + ProfileStore.BATCH_MAX + ")");
    }
  }

  /** Without password and encryption, as the standalone's own Redis. */
  public static RedisSettings plain(String host, int port, String prefix) {
    return new RedisSettings(
        host, port, prefix, "", "", false, CONNECT_TIMEOUT, RECONNECT_DELAY_MAX, QUEUE_MAX);
  }

  private static void checkBounds(String name, Duration value) {
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 10 ms to 1 min)");
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return (tls ? "rediss://" : "redis://") + host + ":" + port + "/" + prefix;
  }
}
