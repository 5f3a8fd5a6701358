package dev.attune.refresher.run;

import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs in the state directory, a JSON file each. A file is replaced whole, so that a process that
 * is killed leaves the run as it was or as it is.
 */
public final class RunFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RunFiles.class);
  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * @param directory created when the first run is kept
   */
  public RunFiles(Path directory) {
    this.directory = directory;
  }

  /** All that are kept, the oldest first. One that cannot be read is left out, with a warning. */
  List<Run> load() {
    List<Run> runs = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return runs;
    }
    try (var files = Files.list(directory)) {
      for (Path file : files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
        try {
          runs.add(RunJson.read(Json.parse(Files.readAllBytes(file))));
        } catch (InvalidJsonException | IllegalArgumentException e) {
          LOG.warn("The run in {} cannot be read and is left out", file.getFileName());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the runs of the state directory cannot be read", e);
    }
    runs.sort(Comparator.comparing(Run::startedAt).thenComparing(Run::id));
    return runs;
  }

  /** Keeps a run as it stands. */
  void keep(Run run) {
    byte[] bytes =
        Json.write(
            json -> {
              json.writeStartObject();
              RunJson.writeFields(json, run);
              json.writeEndObject();
            });
    Path file = file(run.id());
    Path part = directory.resolve(run.id() + ".part");
    try {
      Files.createDirectories(directory);
      // Not a channel: an interrupted thread must still be able to keep it.
      try (FileOutputStream out = new FileOutputStream(part.toFile())) {
        out.write(bytes);
        out.getFD().sync();
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("a run cannot be kept in the state directory", e);
    }
  }

  /** Forgets a run. */
  void forget(String id) {
    try {
      Files.deleteIfExists(file(id));
    } catch (IOException e) {
      LOG.warn("The run {} cannot be removed from the state directory", id);
    }
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }
}
