package dev.attune.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Where dynalite is installed for this JVM, in exactly the versions of the lock file. Without the
 * packages' install scripts: what it uses in memory is JavaScript alone.
 */
final class Dynalite implements AutoCloseable {
  private static final List<String> FILES =
      List.of("package.json", "package-lock.json", "server.js");
  private static final Duration INSTALL_MAX = Duration.ofMinutes(2);

  private final Path directory;

  private Dynalite(Path directory) {
    this.directory = directory;
  }

  static Dynalite install() {
    requireNode();
    Path directory = TemporaryDirectory.create("dynalite");
    FILES.forEach(file -> copy(file, directory));
    run(
        directory,
        INSTALL_MAX,
        List.of(
            "npm",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
            "--loglevel=error"));
    return new Dynalite(directory);
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    TemporaryDirectory.delete(directory);
  }

  /** Only the tests of DynamoDB need Node, so only they are missed where it is not. */
  private static void requireNode() {
    try {
      run(Path.of("."), Duration.ofSeconds(20), List.of("node", "--version"));
      run(Path.of("."), Duration.ofSeconds(20), List.of("npm", "--version"));
    } catch (UncheckedIOException e) {
      if (System.getenv("CI") != null) {
        throw new IllegalStateException("the tests of DynamoDB need Node 20 or newer, and npm", e);
      }
      Assumptions.abort("skipped: the tests of DynamoDB need Node 20 or newer, and npm");
    }
  }

  private static void copy(String file, Path directory) {
    try (InputStream resource = Dynalite.class.getResourceAsStream("dynamodb/" + file)) {
      if (resource == null) {
        throw new IllegalStateException("the testkit has no dynamodb/" + file);
      }
      Files.copy(resource, directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException("dynalite: " + file, e);
    }
  }

  private static void run(Path directory, Duration max, List<String> command) {
    try {
      Path log = Files.createTempFile("attune-npm-", ".log");
      try {
        Process process =
            new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly();
          throw new IllegalStateException(command.getFirst() + " did not end within " + max);
        }
        if (process.exitValue() != 0) {
          throw new IllegalStateException(
              String.join(" ", command)
                  + " ended with "
                  + process.exitValue()
                  + ": "
                  + Files.readString(log, StandardCharsets.UTF_8));
        }
      } finally {
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(command.getFirst() + " cannot be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(command.getFirst() + " was interrupted", e);
    }
  }
}
