package dev.attune.load.lookup;

import dev.attune.embedded.RedisServer;
import dev.attune.load.process.Child;
import dev.attune.standalone.terminal.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Generated people in a Redis of their own, and in front of it the profile service in a process of
 * its own.
 */
public final class ServedPopulation implements AutoCloseable {
  private static final long CACHE_BYTES = 64L << 20;

  private final Population people;
  private final RedisServer redis;
  private final Child server;

  private ServedPopulation(Population people, RedisServer redis, Child server) {
    this.people = people;
    this.redis = redis;
    this.server = server;
  }

  /**
   * Loads them and starts serving.
   *
   * @param work folder for its state; it is the caller's to remove
   * @param errors file that gets what the service says on standard error
   * @param progress hears of each profile
   */
  public static ServedPopulation start(int profiles, Path work, Path errors, Progress progress)
      throws IOException, InterruptedException {
    RedisServer redis = RedisServer.start(Files.createDirectory(work.resolve("redis")), 0);
    try {
      Dataset.withoutPersistence(redis.port());
      var people = new Population(profiles);
      var _ = Dataset.load(people, redis.port(), progress);
      Child server = Servers.lookup(redis.port(), CACHE_BYTES, work, errors);
      return new ServedPopulation(people, redis, server);
    } catch (IOException | InterruptedException | RuntimeException e) {
      redis.close();
      throw e;
    }
  }

  public Population people() {
    return people;
  }

  /** Where it answers over HTTP. */
  public URI http() {
    return URI.create("http://127.0.0.1:" + server.port("http"));
  }

  @Override
  public void close() {
    server.close();
    redis.close();
  }
}
