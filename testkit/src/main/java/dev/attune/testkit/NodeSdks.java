package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** SDKs of others for Node that send events, with nothing changed but their host. */
public final class NodeSdks {
  private static final Duration MAX = Duration.ofSeconds(90);

  private final Path directory;

  private NodeSdks(Path directory) {
    this.directory = directory;
  }

  /** Those of this JVM. Without Node the test that asks is skipped, in CI it fails. */
  public static NodeSdks shared() {
    return new NodeSdks(Shared.SDKS.get().directory());
  }

  /**
   * Sends one event of each kind about each of some people, {@code <sdk>-<n>}, and returns once the
   * SDK says that all are delivered.
   *
   * @param sdk {@code segment} or {@code rudderstack}
   * @throws IllegalStateException with what the SDK said, when it gave up
   */
  public void send(String sdk, String url, String writeKey, int people) {
    try {
      Path said = Files.createTempFile(directory, "said", ".txt");
      Process process =
          new ProcessBuilder(List.of("node", "send.js", sdk, url, writeKey, String.valueOf(people)))
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      try {
        if (!process.waitFor(MAX.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IllegalStateException(sdk + " did not end within " + MAX + ": " + text(said));
        }
        if (process.exitValue() != 0) {
          throw new IllegalStateException(sdk + " did not deliver: " + text(said));
        }
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("node cannot be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(sdk + " was interrupted", e);
    }
  }

  private static String text(Path said) throws IOException {
    return Files.readString(said, StandardCharsets.UTF_8);
  }
}
