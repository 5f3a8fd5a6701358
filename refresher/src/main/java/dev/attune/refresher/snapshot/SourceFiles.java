package dev.attune.refresher.snapshot;

import dev.attune.core.model.FileSource;
import dev.attune.core.profile.TraitFit;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The files of a snapshot as they stood when the run began.
 *
 * @param files sorted by path, or in the manifest's order
 * @param markers what says that they are whole: it must not change either
 */
record SourceFiles(List<SourceFile> files, List<SourceFile> markers) {
  /** Most files of one model. */
  static final int FILES_MAX = 10_000;

  private static final byte[] PARQUET_MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /**
   * One file, and what tells that it was changed.
   *
   * @param version of an object, its ETag; empty for a file of this machine
   */
  record SourceFile(Path path, long size, Instant modified, String version) {
    static SourceFile of(Path path) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new SourceFile(
            path, attributes.size(), attributes.lastModifiedTime().toInstant(), "");
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
  static SourceFiles find(FileSource source, FileTree tree) {
    if (!source.manifest().isEmpty()) {
      return listed(Path.of(tree.resolve(source.manifest())), tree);
    }
    String pattern = tree.resolve(source.files());
    List<Path> paths = matching(source, pattern, tree);
    if (source.marker().isEmpty()) {
      return new SourceFiles(found(paths, tree), List.of());
    }
    // Looked at before the files: what is written after it is then seen to be newer, or missing.
    Map<Path, SourceFile> markers =
        SuccessMarker.of(paths, source.marker(), new Glob(pattern).folder(), tree);
    if (!matching(source, pattern, tree).equals(paths)) {
      throw new RefusedException(
          "files that match " + tree.shown(pattern) + " come or go; refresh again");
    }
    List<SourceFile> files = found(paths, tree);
    SuccessMarker.checkLast(files, markers, source.marker());
    return new SourceFiles(files, markers.values().stream().distinct().toList());
  }

  private static SourceFiles listed(Path path, FileTree tree) {
    SourceFile manifest = tree.find(List.of(path)).get(path);
    if (manifest == null) {
      throw new RefusedException(
          "there is no manifest "
              + tree.shown(path.toString())
              + ": the export has not ended (expected: a JSON file that lists its files)");
    }
    List<Manifest.Entry> entries = Manifest.read(manifest, tree);
    List<SourceFile> files = found(entries.stream().map(Manifest.Entry::path).toList(), tree);
    Manifest.checkSizes(manifest, entries, files);
    return new SourceFiles(files, List.of(manifest));
  }

  private static List<SourceFile> found(List<Path> paths, FileTree tree) {
    Map<Path, SourceFile> found = tree.find(paths);
    List<SourceFile> files = new ArrayList<>();
    for (Path path : paths) {
      SourceFile file = found.get(path);
      if (file == null) {
        throw new RefusedException("there is no file " + tree.shown(path.toString()));
      }
      files.add(file);
    }
    return files;
  }

  private static List<Path> matching(FileSource source, String pattern, FileTree tree) {
    if (!Glob.is(source.files())) {
      return List.of(Path.of(pattern));
    }
    List<Path> paths = tree.matching(new Glob(pattern));
    if (paths.size() > FILES_MAX) {
      throw new RefusedException(
          "more than "
              + FILES_MAX
              + " files match "
              + tree.shown(pattern)
              + " (allowed: "
              + FILES_MAX
              + ")");
    }
    List<Path> files = paths.stream().filter(path -> !path.endsWith(source.marker())).toList();
    if (files.isEmpty()) {
      throw new RefusedException("no file matches " + tree.shown(pattern));
    }
    return files;
  }

  /** Refuses if a file of this machine is seen to be broken without reading all of it. */
  void checkWhole(FileSource.Format format) {
    if (format == FileSource.Format.PARQUET) {
      files.forEach(file -> checkParquet(file.path()));
    }
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
  void checkUnchanged(FileTree tree) {
    checkUnchanged(files, tree);
    checkUnchanged(markers, tree);
  }

  private static void checkUnchanged(List<SourceFile> before, FileTree tree) {
    Map<Path, SourceFile> now = tree.find(before.stream().map(SourceFile::path).toList());
    for (SourceFile file : before) {
      if (!file.equals(now.get(file.path()))) {
        throw changed(file.path());
      }
    }
  }

  static RefusedException changed(Path path) {
    return new RefusedException(
        path.getFileName() + " was changed while it was read; refresh again");
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
