package dev.attune.refresher.snapshot;

import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Where the files of a model lie: on this machine, or in a bucket. Markers, manifests and globs are
 * the same in both. Paths are absolute.
 */
sealed interface FileTree permits LocalTree, S3Tree {
  /** The path, or the glob over paths, that a definition means. */
  String resolve(String place);

  /**
   * The files that match a glob, sorted; no more than one above {@link SourceFiles#FILES_MAX}.
   *
   * @throws RefusedException when it cannot be looked
   */
  List<Path> matching(Glob glob);

  /**
   * Those of some paths that are files, as they are now.
   *
   * @throws RefusedException when it cannot be looked
   */
  Map<Path, SourceFile> find(Collection<Path> paths);

  /**
   * A small file, whole.
   *
   * @throws RefusedException when it cannot be read, or is not what was found
   */
  byte[] read(SourceFile file);

  /**
   * The path that an entry of a manifest means: absolute, or relative to the manifest's folder.
   * Empty: none in here.
   */
  String entry(String listed);

  /** How messages call a path or a glob. */
  String shown(String path);
}
