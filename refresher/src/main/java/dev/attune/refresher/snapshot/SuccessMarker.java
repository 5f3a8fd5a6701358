package dev.attune.refresher.snapshot;

import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A file such as {@code _SUCCESS}, which an export writes when all others are whole. */
final class SuccessMarker {
  private SuccessMarker() {}

  /**
   * The marker of each file: it is in the file's folder, or in the nearest one above it that has
   * one.
   *
   * @param above the highest folder in which one may be
   * @throws RefusedException when a file has none
   */
  static Map<Path, SourceFile> of(List<Path> paths, String name, Path above) {
    Map<Path, SourceFile> markers = new HashMap<>();
    Map<Path, SourceFile> byFile = new LinkedHashMap<>();
    for (Path path : paths) {
      Path marker =
          find(path, name, above)
              .orElseThrow(
                  () ->
                      new RefusedException(
                          path.getFileName()
                              + " has no marker "
                              + name
                              + ": the export has not ended (expected: in its folder, or in one above"
                              + " it up to "
                              + above
                              + ")"));
      byFile.put(path, markers.computeIfAbsent(marker, SourceFile::of));
    }
    return byFile;
  }

  private static Optional<Path> find(Path path, String name, Path above) {
    Path folder = path.getParent();
    while (folder != null && folder.startsWith(above)) {
      Path marker = folder.resolve(name);
      if (Files.isRegularFile(marker)) {
        return Optional.of(marker);
      }
      folder = folder.getParent();
    }
    return Optional.empty();
  }

  /**
   * Refuses when a file is newer than its marker: that one is of the last export, and the next is
   * being written over it.
   *
   * @param markers by file
   */
  static void checkLast(List<SourceFile> files, Map<Path, SourceFile> markers, String name) {
    for (SourceFile file : files) {
      SourceFile marker = markers.get(file.path());
      if (marker != null && file.modified().isAfter(marker.modified())) {
        throw new RefusedException(
            file.path().getFileName()
                + " is newer than its marker "
                + name
                + ": an export is being written over the last one (allowed: a marker that is written"
                + " last)");
      }
    }
  }
}
