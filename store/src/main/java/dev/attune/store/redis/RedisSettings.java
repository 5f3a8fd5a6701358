package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where Redis is and how far it may be pushed. The user needs no more than this, where {@code prod}
 * is the prefix; the last line is for a cluster:
 *
 * <pre>
 * ACL SETUSER attune on >password resetkeys ~prod:* resetchannels -@all
 *   +hget +hmget +hset +hdel +get +set +eval +evalsha +scan +info +ping
 *   +cluster|nodes +client|setname +asking
 * </pre>
 *
 * @param mode one server (with or without replicas), or a cluster
 * @param servers the server, or 1 to 32 nodes of the cluster from which the others are learnt
 * @param prefix of every key, one for each workspace: a-z, 0-9, {@code .} and {@code -}, at most 64
 * @param username of its access control list; empty for the default user
 * @param password empty when none is asked
 * @param tls whether and how to encrypt
 * @param connectTimeout of one attempt to connect, the handshake included; 10 ms to 1 min
 * @param reconnectDelayMax the longest pause between two attempts; 10 ms to 1 min
 * @param queueMax most commands that wait for an answer, of lookups and of bulk each; what is above
 *     is refused as overload; at least {@link ProfileStore#BATCH_MAX}
 */
public record RedisSettings(
    Mode mode,
    List<RedisAddress> servers,
    String prefix,
    String username,
    String password,
    RedisTls tls,
    Duration connectTimeout,
    Duration reconnectDelayMax,
    int queueMax) {
  /** How the keys are spread. */
  public enum Mode {
    /** All on one server that is no part of a cluster: some scripts write keys of many slots. */
    SINGLE,
    /** By slots, over the masters of a Redis Cluster. */
    CLUSTER
  }

  /** Four full batches. */
  public static final int QUEUE_MAX = 4 * ProfileStore.BATCH_MAX;

  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  public static final Duration RECONNECT_DELAY_MAX = Duration.ofMillis(500);

  private static final int SEEDS_MAX = 32;
  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofMinutes(1);

  public RedisSettings {
    servers = List.copyOf(servers);
    if (mode == Mode.SINGLE && servers.size() != 1) {
      throw new IllegalArgumentException(
          "servers: " + servers.size() + " (expected: 1; several are for a cluster)");
    }
    if (servers.isEmpty() || servers.size() > SEEDS_MAX) {
      throw new IllegalArgumentException(
          "servers: " + servers.size() + " (expected: 1-" + SEEDS_MAX + ")");
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
    return of(Mode.SINGLE, List.of(new RedisAddress(host, port)), prefix);
  }

  /** A cluster without password and encryption. */
  public static RedisSettings cluster(List<RedisAddress> seeds, String prefix) {
    return of(Mode.CLUSTER, seeds, prefix);
  }

  private static RedisSettings of(Mode mode, List<RedisAddress> servers, String prefix) {
    return new RedisSettings(
        mode,
        servers,
        prefix,
        "",
        "",
        RedisTls.OFF,
        CONNECT_TIMEOUT,
        RECONNECT_DELAY_MAX,
        QUEUE_MAX);
  }

  /** The same, as a user of the access control list. */
  public RedisSettings withUser(String username, String password) {
    return new RedisSettings(
        mode,
        servers,
        prefix,
        username,
        password,
        tls,
        connectTimeout,
        reconnectDelayMax,
        queueMax);
  }

  /** The same, encrypted or not. */
  public RedisSettings withTls(RedisTls tls) {
    return new RedisSettings(
        mode,
        servers,
        prefix,
        username,
        password,
        tls,
        connectTimeout,
        reconnectDelayMax,
        queueMax);
  }

  private static void checkBounds(String name, Duration value) {
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 10 ms to 1 min)");
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return (tls.enabled() ? "rediss://" : "redis://")
        + servers.stream().map(RedisAddress::toString).collect(Collectors.joining(","))
        + "/"
        + prefix;
  }
}
