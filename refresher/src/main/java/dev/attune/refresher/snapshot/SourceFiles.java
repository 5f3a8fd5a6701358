package dev.attune.refresher.snapshot;

import dev.attune.core.model.FileSource;
import dev.attune.core.profile.TraitFit;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The files of a snapshot as they stood when the run began.
 *
 * @param files sorted by path, or in the manifest's order
 * @param markers what says that they are whole: it must not change either
 */
record SourceFiles(List<SourceFile> files, List<SourceFile> markers) {
  /** Most files of one model. */
  static final int FILES_MAX = 10_000;

  private static final int DEPTH_MAX = 10;
  private static final byte[] PARQUET_MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /** One file, and what tells that it was changed. */
  record SourceFile(Path path, long size, Instant modified) {
    static SourceFile of(Path path) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new SourceFile(path, attributes.size(), attributes.lastModifiedTime().toInstant());
      } catch (IOException e) {
        throw new RefusedException("the file " + path + " cannot be read");
      }
    }
  }

  SourceFiles {
    files = List.copyOf(files);
    markers = List.copyOf(markers);
  }

  /** Finds a source's files and checks what can be checked without reading them. */
  static SourceFiles find(FileSource source, Path dataRoot) {
    Path root = dataRoot.toAbsolutePath().normalize();
    // Looked at before the files: what is written after it is then seen to be newer.
    Map<Path, SourceFile> markers = Map.of();
    List<Path> paths;
    if (source.manifest().isEmpty()) {
      paths = matching(source, root.resolve(source.files()).toString());
      if (!source.marker().isEmpty()) {
        Path above = start(root.resolve(source.files()).toString());
        markers = SuccessMarker.of(paths, source.marker(), above);
      }
    } else {
      Path manifest = root.resolve(source.manifest());
      if (!Files.isRegularFile(manifest)) {
        throw new RefusedException(
            "there is no manifest "
                + manifest
                + ": the export has not ended (expected: a JSON file that lists its files)");
      }
      markers = Map.of(manifest, SourceFile.of(manifest));
      paths = Manifest.read(manifest);
    }
    for (Path path : paths) {
      if (!Files.isRegularFile(path)) {
        throw new RefusedException("there is no file " + path);
      }
      if (source.format() == FileSource.Format.PARQUET) {
        checkParquet(path);
      }
    }
    List<SourceFile> files = paths.stream().map(SourceFile::of).toList();
    SuccessMarker.checkLast(files, markers, source.marker());
    return new SourceFiles(files, markers.values().stream().distinct().toList());
  }

  private static List<Path> matching(FileSource source, String pattern) {
    List<Path> paths =
        isGlob(source.files())
            ? glob(pattern).stream().filter(path -> !path.endsWith(source.marker())).toList()
            : List.of(Path.of(pattern));
    if (paths.isEmpty()) {
      throw new RefusedException("no file matches " + pattern);
    }
    return paths;
  }

  private static boolean isGlob(String files) {
    return files.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0);
  }

  private static List<Path> glob(String pattern) {
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    Path start = start(pattern);
    if (!Files.isDirectory(start)) {
      return List.of();
    }
    try (var found =
        Files.find(
            start,
            DEPTH_MAX,
            (path, attributes) -> attributes.isRegularFile() && matcher.matches(path))) {
      List<Path> paths = found.sorted().limit(FILES_MAX + 1L).toList();
      if (paths.size() > FILES_MAX) {
        throw new RefusedException(
            "more than " + FILES_MAX + " files match " + pattern + " (allowed: " + FILES_MAX + ")");
      }
      return paths;
    } catch (IOException e) {
      throw new RefusedException("the directory " + start + " cannot be read");
    }
  }

  /** The folder up to which a pattern has no wildcards. */
  private static Path start(String pattern) {
    int end = 0;
    while (end < pattern.length() && "*?[{".indexOf(pattern.charAt(end)) < 0) {
      end++;
    }
    return Path.of(pattern.substring(0, pattern.lastIndexOf('/', end) + 1));
  }

  // A Parquet file begins and ends with its magic: one that was cut says so before it is opened.
  private static void checkParquet(Path path) {
    try (var file = new RandomAccessFile(path.toFile(), "r")) {
      byte[] first = new byte[PARQUET_MAGIC.length];
      byte[] last = new byte[PARQUET_MAGIC.length];
      if (file.length() < 3L * PARQUET_MAGIC.length) {
        throw new RefusedException(
            path.getFileName() + " is not a whole Parquet file: it is too short");
      }
      file.readFully(first);
      file.seek(file.length() - last.length);
      file.readFully(last);
      if (!Arrays.equals(first, PARQUET_MAGIC)) {
        throw new RefusedException(
            path.getFileName() + " is not a Parquet file: it does not begin with PAR1");
      }
      if (!Arrays.equals(last, PARQUET_MAGIC)) {
        throw new RefusedException(
            path.getFileName()
                + " is not a whole Parquet file: its end is missing, it was cut off");
      }
    } catch (IOException e) {
      throw new RefusedException("the file " + path + " cannot be read");
    }
  }

  /** Refuses if a file is no longer what it was when the run began. */
  void checkUnchanged() {
    Stream.concat(files.stream(), markers.stream())
        .filter(file -> !SourceFile.of(file.path()).equals(file))
        .findFirst()
        .ifPresent(
            file -> {
              throw new RefusedException(
                  file.path().getFileName() + " was changed while it was read; refresh again");
            });
  }

  /** When the newest of them was modified, in microseconds. */
  long newestMicros() {
    return files.stream()
        .map(SourceFile::modified)
        .max(Instant::compareTo)
        .map(TraitFit::micros)
        .orElseThrow();
  }

  /** All paths, as a list of SQL literals. */
  String sqlList() {
    return Sql.literals(files.stream().map(file -> file.path().toString()).toList());
  }

  /** How messages call them. */
  String label() {
    String first = String.valueOf(files.getFirst().path().getFileName());
    return files.size() == 1 ? first : first + " and " + (files.size() - 1) + " more";
  }

  /** A digest of their bytes, in order. */
  String contentDigest() {
    MessageDigest sha256 = Sha256.create();
    byte[] buffer = new byte[1 << 16];
    List<String> digests = new ArrayList<>();
    for (SourceFile file : files) {
      try (InputStream in = Files.newInputStream(file.path())) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          sha256.update(buffer, 0, n);
        }
        digests.add(HexFormat.of().formatHex(sha256.digest()));
      } catch (IOException e) {
        throw new RefusedException("the file " + file.path() + " cannot be read");
      }
    }
    return Sha256.hex(String.join("\n", digests));
  }
}
