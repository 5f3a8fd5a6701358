package dev.attune.standalone;

import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder with everything that a running system keeps. Its marker file says that it is ours, so
 * that no other folder is ever emptied, and is locked while a system runs in it.
 */
public final class DataDir implements AutoCloseable {
  private static final String MARKER = "attune-data";

  private final Path path;
  private final FileChannel lock;

  private DataDir(Path path, FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /**
   * Makes a folder ours, if it is new or empty, and locks it.
   *
   * @throws Complaint when it holds something else, or another system runs in it
   */
  public static DataDir open(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    Path marker = path.resolve(MARKER);
    try {
      Files.createDirectories(path);
      if (!Files.exists(marker) && !isEmpty(path)) {
        throw new Complaint(
            path + " holds something that is not Attune's: name a new folder with --data-dir.");
      }
      FileChannel channel =
          FileChannel.open(marker, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!lock(channel)) {
        channel.close();
        throw new Complaint(
            "another Attune runs in " + path + ": stop it, or name a folder with --data-dir.");
      }
      DataDir data = new DataDir(path, channel);
      Files.createDirectories(data.log().getParent());
      return data;
    } catch (IOException e) {
      throw new Complaint(
          "the data folder " + path + " cannot be used (" + e.getMessage() + ").", e);
    }
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // Held by this very process.
    }
  }

  private static boolean isEmpty(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isEmpty();
    }
  }

  /** Absolute. */
  public Path path() {
    return path;
  }

  /** JSON lines. */
  public Path log() {
    return path.resolve("logs").resolve("attune.log");
  }

  Path kafka() {
    return path.resolve("kafka");
  }

  /** The embedded store's. */
  public Path redis() {
    return path.resolve("redis");
  }

  /** What a part keeps: state stores, last applied snapshots. */
  Path state(String part) {
    return path.resolve("state").resolve(part);
  }

  /** Removes everything but the marker. */
  public void clean() {
    try {
      List<Path> all;
      try (Stream<Path> walk = Files.walk(path)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path each : all) {
        if (!each.equals(path) && !each.equals(path.resolve(MARKER))) {
          Files.deleteIfExists(each);
        }
      }
      Files.createDirectories(log().getParent());
    } catch (IOException | UncheckedIOException e) {
      throw new Complaint(
          "the data folder " + path + " cannot be emptied (" + e.getMessage() + ").", e);
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the lock of " + path, e);
    }
  }
}
