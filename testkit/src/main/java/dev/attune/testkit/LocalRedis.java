package dev.attune.testkit;

import dev.attune.embedded.PortTakenException;
import dev.attune.embedded.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A Redis process, not supervised: a test that kills it wants it dead. */
final class LocalRedis implements RedisBackend {
  /** Starts a process on a directory and a port, 0 for any. */
  interface Program {
    RedisServer start(Path directory, int port);
  }

  private static final Duration PORT_FREE_MAX = Duration.ofSeconds(30);

  private final Path directory = TemporaryDirectory.create("redis");
  private final Program program;
  private RedisServer server;

  /** The bundled one. */
  LocalRedis(int port, List<String> options) {
    this(port, (directory, at) -> RedisServer.start(directory, at, options));
  }

  LocalRedis(int port, Program program) {
    this.program = program;
    server = program.start(directory, port);
  }

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
    // Connections of other tests come from ports of the same range, and go again.
    Await.until(PORT_FREE_MAX, "port " + server.port() + " stays taken", this::isStarted);
  }

  private boolean isStarted() {
    try {
      server = program.start(directory, server.port());
      return true;
    } catch (PortTakenException e) {
      return false;
    }
  }

  @Override
  public void close() {
    server.close();
    TemporaryDirectory.delete(directory);
  }
}
