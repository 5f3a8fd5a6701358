package dev.attune.testkit;

import java.util.List;
import java.util.Optional;

/**
 * A real Redis for tests, on loopback. Tests share one and keep apart by unique prefixes; a test
 * that breaks it starts its own.
 */
public interface RedisBackend extends AutoCloseable {
  String host();

  /** The same after {@link #restart}. */
  int port();

  /** {@code redis://host:port}. */
  default String uri() {
    return "redis://" + host() + ":" + port();
  }

  /** Makes it hang: connections stay, nothing is answered until {@link #resume}. */
  void pause();

  /** Lets a paused one go on. */
  void resume();

  /** Ends it at once; it stays away until {@link #restart}. */
  void kill();

  /** Brings a killed one back with its data. */
  void restart();

  @Override
  void close();

  /** The one of this JVM, started when first asked for and stopped with it. Not to be broken. */
  static RedisBackend shared() {
    return Shared.REDIS.get();
  }

  /** One of the test's own, with no data. */
  static RedisBackend start() {
    return start(List.of());
  }

  /** One of the test's own, with options: {@code --name}, {@code value}. */
  static RedisBackend start(List<String> options) {
    return new LocalRedis(0, options);
  }

  /**
   * One of the test's own of version 7 or newer, to be paused but not killed: the image {@code
   * redis:7} where Docker answers, else the server that is installed on this machine, if one is.
   */
  static Optional<RedisBackend> startRedis7() {
    return ContainerRedis.start("redis:7").or(() -> InstalledRedis.start(7));
  }
}
