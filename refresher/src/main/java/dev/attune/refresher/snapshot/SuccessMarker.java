package dev.attune.refresher.snapshot;

import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
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
  static Map<Path, SourceFile> of(List<Path> paths, String name, Path above, FileTree tree) {
    Map<Path, Optional<SourceFile>> byFolder = new HashMap<>();
    Map<Path, SourceFile> byFile = new LinkedHashMap<>();
    for (Path path : paths) {
      SourceFile marker =
          find(path.resolveSibling(""), name, above, tree, byFolder)
              .orElseThrow(
                  () ->
                      new RefusedException(
                          path.getFileName()
                              + " has no marker "
                              + name
                              + ": the export has not ended (expected: in its folder, or in one above"
                              + " it up to "
                              + tree.shown(above.toString())
                              + ")"));
      byFile.put(path, marker);
    }
    return byFile;
  }

  // Each folder is looked at once: in a bucket, a look is a request.
  private static Optional<SourceFile> find(
      Path below,
      String name,
      Path above,
      FileTree tree,
      Map<Path, Optional<SourceFile>> byFolder) {
    Path folder = below;
    while (folder != null && folder.startsWith(above)) {
      Optional<SourceFile> marker =
          byFolder.computeIfAbsent(
              folder,
              looked -> {
                Path file = looked.resolve(name);
                return Optional.ofNullable(tree.find(List.of(file)).get(file));
              });
      if (marker.isPresent()) {
        return marker;
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
