package dev.attune.standalone.up;

import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder with everything that a running system keeps. A marker file says that it is ours: a
 * folder without one is never emptied.
 *
 * @param path absolute
 */
public record DataDir(Path path) {
  private static final String MARKER = "attune-data";

  public DataDir {
    path = path.toAbsolutePath().normalize();
  }

  public Path log() {
    return path.resolve("logs").resolve("attune.log");
  }

  public Path kafka() {
    return path.resolve("kafka");
  }

  public Path redis() {
    return path.resolve("redis");
  }

  /** What the parts keep: state stores, last applied snapshots. */
  public Path state(String part) {
    return path.resolve("state").resolve(part);
  }

  /** Makes the folder ours. */
  public void create() {
    try {
      if (Files.isDirectory(path) && !isOurs() && !isEmpty()) {
        throw new Complaint(
            path + " holds something else: name an empty or new folder with --data-dir.");
      }
      Files.createDirectories(log().getParent());
      if (!isOurs()) {
        Files.writeString(path.resolve(MARKER), "The state of an Attune; see ./attune help.\n");
      }
    } catch (IOException e) {
      throw new Complaint(
          "the data folder " + path + " cannot be used: " + e.getMessage() + ".", e);
    }
  }

  /** Removes everything in it, if it is ours or empty. */
  public void clean() {
    try {
      if (!Files.exists(path)) {
        return;
      }
      if (!isOurs() && !isEmpty()) {
        throw new Complaint(
            path + " holds something else than an Attune's state, so it is not emptied.");
      }
      List<Path> all;
      try (Stream<Path> walk = Files.walk(path)) {
        // The marker goes last: a clean-up that was cut short can be done again.
        all =
            walk.sorted(
                    Comparator.comparing((Path p) -> p.endsWith(MARKER))
                        .reversed()
                        .thenComparing(Comparator.reverseOrder()))
                .toList();
      }
      for (Path each : all) {
        Files.deleteIfExists(each);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new Complaint(
          "the data folder " + path + " cannot be emptied: " + e.getMessage() + ".", e);
    }
  }

  private boolean isOurs() {
    return Files.isRegularFile(path.resolve(MARKER));
  }

  private boolean isEmpty() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }
}
