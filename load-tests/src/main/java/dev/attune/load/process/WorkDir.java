package dev.attune.load.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for a run's state that goes when the run ends. */
public final class WorkDir implements AutoCloseable {
  private final Path path;

  private WorkDir(Path path) {
    this.path = path;
  }

  /** A new one among the machine's temporary files. */
  public static WorkDir create(String name) throws IOException {
    return new WorkDir(Files.createTempDirectory("attune-bench-" + name + "-"));
  }

  /** Absolute. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(path)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path each : all) {
        Files.deleteIfExists(each);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println(path + " cannot be removed (" + e.getMessage() + ")");
    }
  }
}
