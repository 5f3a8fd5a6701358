package dev.attune.testkit;

import dev.attune.embedded.RedisServer;
import java.nio.file.Path;

/** A Redis process, not supervised: a test that kills it wants it dead. */
final class LocalRedis implements RedisBackend {
  private final Path directory = TemporaryDirectory.create("redis");
  private RedisServer server = RedisServer.start(directory, 0);

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return server.port();
  }

  @Override
  public void pause() {
    Signals.send(server.pid(), "STOP");
  }

  @Override
  public void resume() {
    Signals.send(server.pid(), "CONT");
  }

  @Override
  public void kill() {
    server.kill();
  }

  @Override
  public void restart() {
    server = RedisServer.start(directory, server.port());
  }

  @Override
  public void close() {
    server.close();
    TemporaryDirectory.delete(directory);
  }
}
