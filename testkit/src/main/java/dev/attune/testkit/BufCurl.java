package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code buf curl}: calls a gRPC server that it knows nothing of but what its reflection says, with
 * JSON, as grpcurl does. From npm, which ships the program for each platform.
 */
public final class BufCurl {
  private static final Duration MAX = Duration.ofSeconds(60);

  private final Path directory;

  /** What it said, and its exit code. */
  public record Said(int code, String out, String errors) {}

  private BufCurl(Path directory) {
    this.directory = directory;
  }

  /** The one of this JVM. Without Node the test that asks is skipped, in CI it fails. */
  public static BufCurl shared() {
    return new BufCurl(Shared.BUF.get().directory());
  }

  /** Runs it with these arguments. */
  public Said run(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(directory.resolve("node_modules/.bin/buf").toString());
    command.add("curl");
    command.addAll(arguments);
    try {
      Path out = Files.createTempFile(directory, "said", ".txt");
      Path errors = Files.createTempFile(directory, "errors", ".txt");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectOutput(out.toFile())
              .redirectError(errors.toFile());
      builder.environment().put("BUF_CACHE_DIR", directory.resolve("cache").toString());
      Process process = builder.start();
      try {
        process.getOutputStream().close();
        if (!process.waitFor(MAX.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IllegalStateException("buf curl did not end within " + MAX);
        }
        return new Said(process.exitValue(), Files.readString(out), Files.readString(errors));
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("buf cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("buf was interrupted", e);
    }
  }
}
