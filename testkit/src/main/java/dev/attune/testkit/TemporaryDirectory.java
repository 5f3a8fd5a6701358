package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** Where a backend of the tests keeps its data. */
final class TemporaryDirectory {
  private TemporaryDirectory() {}

  static Path create(String name) {
    try {
      return Files.createTempDirectory("attune-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException("no temporary directory", e);
    }
  }

  static void delete(Path directory) {
    try (var paths = Files.walk(directory)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("temporary directory " + directory, e);
    }
  }
}
