package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A JSON file that lists the files of an export, which writes it last:
 *
 * <pre>{@code
 * {"files": ["part-0.parquet", {"path": "more/part-1.parquet", "size": 4711}]}
 * }</pre>
 *
 * <p>Sizes are bytes and need not be there. The one that Redshift's UNLOAD writes is taken as well:
 * {@code {"entries": [{"url": "s3://bucket/out/part-0", "meta": {"content_length": 4711}}]}}; the
 * files then lie beside it. Nothing else in it matters.
 */
final class Manifest {
  private static final long LENGTH_MAX = 16L << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Manifest() {}

  /**
   * The files that are listed, in that order; they need not exist.
   *
   * @throws RefusedException when it is not such a list, or one has another size
   */
  static List<Path> read(Path manifest) {
    String name = String.valueOf(manifest.getFileName());
    JsonNode root = json(manifest, name);
    JsonNode entries = root.has("files") ? root.path("files") : root.path("entries");
    if (!entries.isArray() || entries.isEmpty()) {
      throw new RefusedException(
          name + " lists no files (expected: {\"files\": [\"part-0.parquet\", ...]})");
    }
    if (entries.size() > SourceFiles.FILES_MAX) {
      throw new RefusedException(
          "%s lists %d files (allowed: %d)".formatted(name, entries.size(), SourceFiles.FILES_MAX));
    }
    Set<Path> paths = new LinkedHashSet<>();
    for (JsonNode entry : entries) {
      Path path = path(manifest, name, entry);
      if (!paths.add(path)) {
        throw new RefusedException(name + " lists " + path.getFileName() + " twice");
      }
      checkSize(name, path, size(entry));
    }
    return new ArrayList<>(paths);
  }

  private static JsonNode json(Path manifest, String name) {
    try {
      if (Files.size(manifest) > LENGTH_MAX) {
        throw new RefusedException(
            name + " is no manifest: it is larger than " + (LENGTH_MAX >> 20) + " MB");
      }
      return JSON.readTree(Files.readAllBytes(manifest));
    } catch (JsonProcessingException e) {
      throw new RefusedException(name + " is no manifest: it is not whole, or not JSON");
    } catch (IOException e) {
      throw new RefusedException("the file " + manifest + " cannot be read");
    }
  }

  private static Path path(Path manifest, String name, JsonNode entry) {
    String listed =
        entry.isTextual()
            ? entry.textValue()
            : entry.path("path").asText(entry.path("url").asText());
    String local =
        listed.startsWith("s3://") ? listed.substring(listed.lastIndexOf('/') + 1) : listed;
    Path folder = manifest.resolveSibling("").normalize();
    try {
      Path path = folder.resolve(local).normalize();
      if (!local.isBlank() && path.startsWith(folder) && !path.equals(folder)) {
        return path;
      }
    } catch (InvalidPathException e) {
      // Said below, without it.
    }
    throw new RefusedException(
        name + " lists what is not a file below its own folder (allowed: relative paths)");
  }

  private static JsonNode size(JsonNode entry) {
    return entry.has("size") ? entry.path("size") : entry.path("meta").path("content_length");
  }

  private static void checkSize(String name, Path path, JsonNode size) {
    if (!size.isIntegralNumber() || !Files.isRegularFile(path)) {
      return;
    }
    long actual = SourceFiles.SourceFile.of(path).size();
    if (actual != size.longValue()) {
      throw new RefusedException(
          "%s says that %s has %d bytes, and it has %d: it is not the file of that export"
              .formatted(name, path.getFileName(), size.longValue(), actual));
    }
  }
}
