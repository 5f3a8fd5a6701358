package dev.attune.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Dynalite in a process of its own, which ends with this one. */
final class LocalDynamo implements DynamoBackend {
  private static final Duration START_MAX = Duration.ofSeconds(30);

  private final Process process;
  private final URI endpoint;

  private LocalDynamo(Process process, URI endpoint) {
    this.process = process;
    this.endpoint = endpoint;
  }

  static LocalDynamo start() {
    try {
      Process process =
          new ProcessBuilder("node", "server.js")
              .directory(Shared.DYNALITE.get().directory().toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      return new LocalDynamo(process, URI.create("http://127.0.0.1:" + port(process)));
    } catch (IOException e) {
      throw new UncheckedIOException("node cannot be started", e);
    }
  }

  // The reader stays open: closed, the process could not write any more.
  private static int port(Process process) {
    BufferedReader output = process.inputReader(StandardCharsets.US_ASCII);
    CompletableFuture<@Nullable String> line =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return output.readLine();
              } catch (IOException e) {
                throw new UncheckedIOException("dynalite", e);
              }
            },
            Thread::startVirtualThread);
    String port = line.completeOnTimeout(null, START_MAX.toMillis(), TimeUnit.MILLISECONDS).join();
    if (port == null) {
      process.destroyForcibly();
      throw new IllegalStateException("dynalite did not say its port within " + START_MAX);
    }
    return Integer.parseInt(port);
  }

  @Override
  public URI endpoint() {
    return endpoint;
  }

  @Override
  public void pause() {
    Signals.send(process.pid(), "STOP");
  }

  @Override
  public void resume() {
    Signals.send(process.pid(), "CONT");
  }

  @Override
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
