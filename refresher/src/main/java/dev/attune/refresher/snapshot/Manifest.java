package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A JSON file that lists the files of an export, which writes it last:
 *
 * <pre>{@code
 * {"files": ["part-0.parquet", {"path": "more/part-1.parquet", "size": 4711}]}
 * }</pre>
 *
 * <p>Sizes are bytes and need not be there. The one that Redshift's UNLOAD writes is taken as well:
 * {@code {"entries": [{"url": "s3://bucket/out/part-0", "meta": {"content_length": 4711}}]}}; on
 * this machine, the files then lie beside it. Nothing else in it matters.
 */
final class Manifest {
  private static final long LENGTH_MAX = 16L << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Manifest() {}

  /**
   * A file that is listed.
   *
   * @param bytes its size, if the manifest says it
   */
  record Entry(Path path, OptionalLong bytes) {}

  /**
   * The files that are listed, in that order; they need not exist.
   *
   * @throws RefusedException when it is not such a list
   */
  static List<Entry> read(SourceFile manifest, FileTree tree) {
    String name = String.valueOf(manifest.path().getFileName());
    JsonNode root = json(manifest, name, tree);
    JsonNode entries = root.has("files") ? root.path("files") : root.path("entries");
    if (!entries.isArray() || entries.isEmpty()) {
      throw new RefusedException(
          name + " lists no files (expected: {\"files\": [\"part-0.parquet\", ...]})");
    }
    if (entries.size() > SourceFiles.FILES_MAX) {
      throw new RefusedException(
          "%s lists %d files (allowed: %d)".formatted(name, entries.size(), SourceFiles.FILES_MAX));
    }
    Set<Path> paths = new HashSet<>();
    List<Entry> listed = new ArrayList<>();
    for (JsonNode entry : entries) {
      Path path = path(manifest.path(), name, entry, tree);
      if (!paths.add(path)) {
        throw new RefusedException(name + " lists " + path.getFileName() + " twice");
      }
      listed.add(new Entry(path, size(entry)));
    }
    return listed;
  }

  private static JsonNode json(SourceFile manifest, String name, FileTree tree) {
    if (manifest.size() > LENGTH_MAX) {
      throw new RefusedException(
          name + " is no manifest: it is larger than " + (LENGTH_MAX >> 20) + " MB");
    }
    try {
      return JSON.readTree(tree.read(manifest));
    } catch (IOException e) {
      throw new RefusedException(name + " is no manifest: it is not whole, or not JSON");
    }
  }

  private static Path path(Path manifest, String name, JsonNode entry, FileTree tree) {
    String listed =
        tree.entry(
            entry.isTextual()
                ? entry.textValue()
                : entry.path("path").asText(entry.path("url").asText()));
    Path folder = manifest.resolveSibling("").normalize();
    try {
      Path path = folder.resolve(listed).normalize();
      if (!listed.isBlank() && path.startsWith(folder) && !path.equals(folder)) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Said below, without it.
    }
    throw new RefusedException(
        name + " lists what is not a file below its own folder (allowed: relative paths)");
  }

  private static OptionalLong size(JsonNode entry) {
    JsonNode size =
        entry.has("size") ? entry.path("size") : entry.path("meta").path("content_length");
    return size.isIntegralNumber() ? OptionalLong.of(size.longValue()) : OptionalLong.empty();
  }

  /**
   * Refuses when a file has not the size that is listed.
   *
   * @param files those of the entries, in the same order
   */
  static void checkSizes(SourceFile manifest, List<Entry> entries, List<SourceFile> files) {
    for (int i = 0; i < entries.size(); i++) {
      long actual = files.get(i).size();
      long listed = entries.get(i).bytes().orElse(actual);
      if (actual != listed) {
        throw new RefusedException(
            "%s says that %s has %d bytes, and it has %d: it is not the file of that export"
                .formatted(
                    manifest.path().getFileName(),
                    files.get(i).path().getFileName(),
                    listed,
                    actual));
      }
    }
  }
}
