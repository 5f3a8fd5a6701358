package dev.attune.standalone;

import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The folder with everything that a running system keeps. Its marker file says that it is ours, so
 * that no other folder is ever emptied, and is locked while a system runs in it.
 */
public final class DataDir implements AutoCloseable {
  private static final String MARKER = "attune-data";

  private final Path path;
  private final FileChannel lock;
  private final Kind kind;

  private DataDir(Path path, FileChannel lock, Kind kind) {
    this.path = path;
    this.lock = lock;
    this.kind = kind;
  }

  /** What a folder is for; its marker says so. */
  public enum Kind {
    /** State that somebody relies on: never removed. */
    UP,
    /** Emptied whenever the demo begins. */
    DEMO
  }

  /** Opens a folder whose state stays: as {@link Kind#UP}. */
  public static DataDir open(Path folder) {
    return open(folder, Kind.UP);
  }

  /**
   * Makes a folder ours, if it is new or empty, and locks it. A demo's folder that {@code UP} opens
   * is the demo's no longer.
   *
   * @throws Complaint when it holds something else, another system runs in it, or a demo is to run
   *     in what is not a demo's
   */
  public static DataDir open(Path folder, Kind wanted) {
    Path path = folder.toAbsolutePath().normalize();
    Path marker = path.resolve(MARKER);
    try {
      Files.createDirectories(path);
      if (!Files.exists(marker) && !isEmpty(path)) {
        throw new Complaint(
            path + " holds something that is not Attune's: name a new folder with --data-dir.");
      }
      FileChannel channel =
          FileChannel.open(
              marker, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!lock(channel)) {
        channel.close();
        throw new Complaint(
            "another Attune runs in " + path + ": stop it, or name a folder with --data-dir.");
      }
      boolean unused = isEmpty(path);
      if (wanted == Kind.DEMO && !unused && read(channel) != Kind.DEMO) {
        channel.close();
        throw notADemos(path);
      }
      if (unused || read(channel) != wanted) {
        write(channel, wanted);
      }
      DataDir data = new DataDir(path, channel, wanted);
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

  /** True when nothing but a marker is in it. */
  private static boolean isEmpty(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.allMatch(file -> file.equals(path.resolve(MARKER)));
    }
  }

  /** Whatever does not say that it is a demo's is not. */
  private static Kind read(FileChannel marker) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    int length = Math.max(0, marker.read(bytes, 0));
    String text = new String(bytes.array(), 0, length, StandardCharsets.UTF_8).strip();
    return text.equals(text(Kind.DEMO)) ? Kind.DEMO : Kind.UP;
  }

  private static void write(FileChannel marker, Kind kind) throws IOException {
    marker.truncate(0);
    marker.write(StandardCharsets.UTF_8.encode(text(kind) + "\n"), 0);
    marker.force(true);
  }

  private static String text(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static Complaint notADemos(Path path) {
    return new Complaint(
        path
            + " is not a demo's, and a demo would empty it: name another folder with --data-dir,"
            + " or remove it yourself.");
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

  /**
   * Removes everything but the marker.
   *
   * @throws Complaint when it is not a demo's folder, or cannot be emptied
   */
  public void clean() {
    if (kind != Kind.DEMO) {
      throw notADemos(path);
    }
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
