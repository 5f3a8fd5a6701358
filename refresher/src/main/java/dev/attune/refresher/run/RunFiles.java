package dev.attune.refresher.run;

import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs in the state directory, a JSON file each. A file is replaced whole, so that a process that
 * is killed leaves the run as it was or as it is.
 *
 * <p>Each holder of the model's lease has a file of its own for a run, named by its epoch, and the
 * last holder's counts: what one writes that was overtaken is read by nobody.
 */
public final class RunFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RunFiles.class);
  private static final String SUFFIX = ".json";

  /** Without an epoch: of a version without leases, before all others. */
  private static final Pattern NAME = Pattern.compile("(.+?)(?:\\.([0-9]{1,18}))?\\.(json|part)");

  private final Path directory;

  /**
   * A run as the holder of a lease keeps it.
   *
   * @param epoch of the lease
   */
  record Kept(Run run, long epoch) {}

  /** Whether a file is worth reading. */
  interface Wanted {
    boolean test(String id, long epoch);
  }

  /**
   * @param directory created when the first run is kept
   */
  public RunFiles(Path directory) {
    this.directory = directory;
  }

  /** Those that are wanted. One that cannot be read is left out, with a warning. */
  List<Kept> load(Wanted wanted) {
    List<Kept> runs = new ArrayList<>();
    for (Path file : list()) {
      Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
      if (!name.matches() || !name.group(3).equals("json")) {
        continue;
      }
      long epoch = name.group(2) == null ? 0 : Long.parseLong(name.group(2));
      if (!wanted.test(name.group(1), epoch)) {
        continue;
      }
      try {
        runs.add(new Kept(RunJson.read(Json.parse(Files.readAllBytes(file))), epoch));
      } catch (InvalidJsonException | IllegalArgumentException e) {
        LOG.warn("The run in {} cannot be read and is left out", file.getFileName());
      } catch (NoSuchFileException e) {
        // Forgotten by another process, or replaced by a later one's word.
      } catch (IOException e) {
        throw new UncheckedIOException("the runs of the state directory cannot be read", e);
      }
    }
    return runs;
  }

  private List<Path> list() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the runs of the state directory cannot be read", e);
    }
  }

  /** Keeps a run as it stands. */
  void keep(Kept kept) {
    Run run = kept.run();
    byte[] bytes =
        Json.write(
            json -> {
              json.writeStartObject();
              RunJson.writeFields(json, run);
              json.writeEndObject();
            });
    String name = run.id() + "." + kept.epoch();
    Path part = directory.resolve(name + ".part");
    try {
      Files.createDirectories(directory);
      // Not a channel: an interrupted thread must still be able to keep it.
      try (FileOutputStream out = new FileOutputStream(part.toFile())) {
        out.write(bytes);
        out.getFD().sync();
      }
      Files.move(part, directory.resolve(name + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("a run cannot be kept in the state directory", e);
    }
    delete(run.id(), kept.epoch());
  }

  /** Forgets a run. */
  void forget(String id) {
    delete(id, Long.MAX_VALUE);
  }

  // What holders before an epoch kept of a run, or were about to keep when they were killed.
  private void delete(String id, long before) {
    for (Path file : list()) {
      Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
      if (name.matches()
          && name.group(1).equals(id)
          && (name.group(2) == null ? 0 : Long.parseLong(name.group(2))) < before) {
        try {
          Files.deleteIfExists(file);
        } catch (IOException e) {
          LOG.warn("The run {} cannot be removed from the state directory", id);
        }
      }
    }
  }
}
