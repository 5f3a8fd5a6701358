package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Node's own gRPC client, which makes its calls from {@code .proto} files alone. From npm. */
public final class NodeGrpc {
  private static final Duration MAX = Duration.ofSeconds(60);

  private final Path directory;

  private NodeGrpc(Path directory) {
    this.directory = directory;
  }

  /** The one of this JVM. Without Node the test that asks is skipped, in CI it fails. */
  public static NodeGrpc shared() {
    return new NodeGrpc(Shared.GRPC.get().directory());
  }

  /** Where scripts run: files that they read are put below it. */
  public Path directory() {
    return directory;
  }

  /** Runs a module, and returns what it said once it has ended. */
  public String run(String module, Map<String, String> environment) {
    try {
      Path script = Files.writeString(directory.resolve("script.mjs"), module);
      Path said = Files.createTempFile(directory, "said", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder("node", script.toString())
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        if (!process.waitFor(MAX.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IllegalStateException("the script did not end within " + MAX);
        }
        return Files.readString(said);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("node cannot be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the script was interrupted", e);
    }
  }
}
