package dev.attune.refresher.snapshot;

import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The file system of this machine. */
final class LocalTree implements FileTree {
  private static final int DEPTH_MAX = 10;

  private final Path root;

  /**
   * @param root relative paths start here
   */
  LocalTree(Path root) {
    this.root = root.toAbsolutePath().normalize();
  }

  @Override
  public String resolve(String place) {
    return root.resolve(place).toString();
  }

  @Override
  public List<Path> matching(Glob glob) {
    PathMatcher matcher = glob.matcher();
    Path start = glob.folder();
    if (!Files.isDirectory(start)) {
      return List.of();
    }
    try (var found =
        Files.find(
            start,
            DEPTH_MAX,
            (path, attributes) -> attributes.isRegularFile() && matcher.matches(path))) {
      return found.sorted().limit(SourceFiles.FILES_MAX + 1L).toList();
    } catch (IOException e) {
      throw new RefusedException("the directory " + start + " cannot be read");
    }
  }

  @Override
  public Map<Path, SourceFile> find(Collection<Path> paths) {
    Map<Path, SourceFile> found = new HashMap<>();
    for (Path path : paths) {
      if (Files.isRegularFile(path)) {
        found.put(path, SourceFile.of(path));
      }
    }
    return found;
  }

  @Override
  public byte[] read(SourceFile file) {
    try {
      return Files.readAllBytes(file.path());
    } catch (IOException e) {
      throw new RefusedException("the file " + file.path() + " cannot be read");
    }
  }

  // What was unloaded to S3 was fetched beside its manifest.
  @Override
  public String entry(String listed) {
    return listed.startsWith("s3://") ? listed.substring(listed.lastIndexOf('/') + 1) : listed;
  }

  @Override
  public String shown(String path) {
    return path;
  }
}
