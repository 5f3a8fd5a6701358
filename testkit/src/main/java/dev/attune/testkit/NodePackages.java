package dev.attune.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Where packages of npm are installed for this JVM, in exactly the versions of a lock file. Without
 * the packages' install scripts: what is wanted works without them.
 */
final class NodePackages implements AutoCloseable {
  private static final List<String> LOCKED = List.of("package.json", "package-lock.json");
  private static final Duration INSTALL_MAX = Duration.ofMinutes(2);

  private final Path directory;

  private NodePackages(Path directory) {
    this.directory = directory;
  }

  /**
   * Installs what a folder of the testkit's resources locks.
   *
   * @param beside other files of that folder that go with it
   * @param purpose who is missed where there is no Node: "the tests of ..."
   */
  static NodePackages install(String folder, List<String> beside, String purpose) {
    requireNode(purpose);
    Path directory = TemporaryDirectory.create(folder);
    LOCKED.forEach(file -> copy(folder, file, directory));
    beside.forEach(file -> copy(folder, file, directory));
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
    return new NodePackages(directory);
  }

  Path directory() {
    return directory;
  }

  /** Runs a module that may import the packages, and returns what it said once it has ended. */
  String run(String module, Map<String, String> environment, Duration max) {
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
        if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new IllegalStateException("the script did not end within " + max);
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

  @Override
  public void close() {
    TemporaryDirectory.delete(directory);
  }

  /** Few tests need Node, so only they are missed where it is not. */
  private static void requireNode(String purpose) {
    try {
      run(Path.of("."), Duration.ofSeconds(20), List.of("node", "--version"));
      run(Path.of("."), Duration.ofSeconds(20), List.of("npm", "--version"));
    } catch (UncheckedIOException e) {
      if (System.getenv("CI") != null) {
        throw new IllegalStateException(purpose + " need Node 20 or newer, and npm", e);
      }
      System.err.println("NOT TESTED: " + purpose + " need Node 20 or newer, and npm");
      Assumptions.abort("skipped: " + purpose + " need Node 20 or newer, and npm");
    }
  }

  private static void copy(String folder, String file, Path directory) {
    String name = folder + "/" + file;
    try (InputStream resource = NodePackages.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException("the testkit has no " + name);
      }
      Files.copy(resource, directory.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
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
