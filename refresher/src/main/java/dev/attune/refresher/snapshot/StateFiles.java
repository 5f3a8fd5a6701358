package dev.attune.refresher.snapshot;

import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.OvertakenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which files of a directory are what: names in the state that the model's {@link Lease} guards. A
 * file is written once, by one holder, under a name of its own; to publish it is to publish its
 * name. So nobody who was overtaken can put anything in the place of what came after.
 */
final class StateFiles {
  private static final Logger LOG = LoggerFactory.getLogger(StateFiles.class);

  private static final String APPLIED = "applied";
  private static final String NEXT = "next";
  private static final String BEFORE = "before/";

  private static final Pattern SNAPSHOT = Pattern.compile("snapshot-([0-9]+)\\.parquet");

  /** Names that a version without leases gave: there was one of each, replaced in place. */
  private static final Pattern UNLEASED =
      Pattern.compile("applied\\.parquet|next\\.parquet(\\.part)?|before-(.+)\\.(parquet|none)");

  private final Path directory;
  private final Lease lease;
  private final String area;

  // Names within the area to files of the directory; empty: there is none.
  private NavigableMap<String, String> names;

  private StateFiles(Path directory, Lease lease, String area, NavigableMap<String, String> names) {
    this.directory = directory;
    this.lease = lease;
    this.area = area;
    this.names = names;
  }

  /**
   * @param area begins the names, so that there may be others in the same model's state
   */
  static StateFiles of(Path directory, Lease lease, String area) {
    NavigableMap<String, String> names = new TreeMap<>();
    lease
        .state()
        .forEach(
            (name, file) -> {
              if (name.startsWith(area)) {
                names.put(name.substring(area.length()), file);
              }
            });
    return new StateFiles(
        directory, lease, area, names.containsKey(APPLIED) ? names : unleased(directory));
  }

  private static NavigableMap<String, String> unleased(Path directory) {
    NavigableMap<String, String> names = new TreeMap<>(Map.of(APPLIED, "", NEXT, ""));
    for (String file : list(directory)) {
      Matcher matcher = UNLEASED.matcher(file);
      if (!matcher.matches()) {
        continue;
      }
      if (matcher.group(2) != null) {
        names.put(BEFORE + matcher.group(2), matcher.group(3).equals("none") ? "" : file);
      } else if (matcher.group(1) == null) {
        names.put(file.startsWith(APPLIED) ? APPLIED : NEXT, file);
      }
    }
    return names;
  }

  /** The file that this holder of the lease may write, and nobody else. */
  Path ownFile() {
    return directory.resolve("snapshot-" + lease.epoch() + ".parquet");
  }

  Optional<Path> applied() {
    return file(APPLIED);
  }

  Optional<Path> next() {
    return file(NEXT);
  }

  /** What was applied before a run; empty when nothing was, or when it is no longer kept. */
  Optional<Path> before(String runId) {
    return file(BEFORE + runId);
  }

  /** Whether it is known that nothing was applied before a run. */
  boolean isNothingBefore(String runId) {
    return "".equals(names.get(BEFORE + runId));
  }

  /** The runs of which it is kept what was applied before, the oldest first. */
  List<String> beforeRuns() {
    // Run ids of a model grow with their time.
    return names.tailMap(BEFORE).keySet().stream()
        .filter(name -> name.startsWith(BEFORE))
        .map(name -> name.substring(BEFORE.length()))
        .toList();
  }

  /** A word that was kept beside the files; empty when there is none. */
  Optional<String> word(String name) {
    return Optional.ofNullable(names.get(name));
  }

  private Optional<Path> file(String name) {
    String file = names.getOrDefault(name, "");
    if (file.isEmpty()) {
      return Optional.empty();
    }
    Path path = directory.resolve(file);
    if (!Files.exists(path)) {
      // To go on as if nothing had been applied would leave what it took away in profiles.
      throw new IllegalStateException(
          "the file "
              + file
              + " of the model "
              + lease.model()
              + " is missing from the state directory (allowed: bring it back, or delete models/"
              + lease.model()
              + " to write every row again)");
    }
    return Optional.of(path);
  }

  /**
   * Makes a file {@code next}.
   *
   * @throws OvertakenException when somebody took over the model. The file stays: whoever did may
   *     have seen its name in the last moment, or deletes it
   */
  void offer(Path file) {
    NavigableMap<String, String> changed = new TreeMap<>(names);
    changed.put(NEXT, String.valueOf(file.getFileName()));
    publish(changed);
  }

  /**
   * Makes {@code next} what was applied.
   *
   * @param runId under which what it replaces is kept; empty: under none
   * @throws OvertakenException when somebody took over the model
   */
  void promote(String runId) {
    NavigableMap<String, String> changed = new TreeMap<>(names);
    if (!runId.isEmpty()) {
      changed.put(BEFORE + runId, names.getOrDefault(APPLIED, ""));
      List<String> kept =
          changed.keySet().stream().filter(name -> name.startsWith(BEFORE)).toList();
      int over = Math.max(0, kept.size() - AppliedSnapshot.BEFORE_MAX);
      kept.subList(0, over).forEach(changed::remove);
    }
    changed.put(APPLIED, names.getOrDefault(NEXT, ""));
    changed.put(NEXT, "");
    publish(changed);
  }

  /**
   * Forgets {@code next}, and keeps words in the same moment.
   *
   * @throws OvertakenException when somebody took over the model
   */
  void forgetNext(Map<String, String> words) {
    NavigableMap<String, String> changed = new TreeMap<>(names);
    changed.put(NEXT, "");
    changed.putAll(words);
    publish(changed);
  }

  private void publish(NavigableMap<String, String> changed) {
    NavigableMap<String, String> all = new TreeMap<>(lease.state());
    all.keySet().removeIf(name -> name.startsWith(area));
    changed.forEach((name, file) -> all.put(area + name, file));
    lease.publish(all);
    names = changed;
    sweep();
  }

  // Only files of this holder and of those before it: those of a later one, should there be one by
  // now, have greater numbers, and it names no older ones but those that are named here.
  private void sweep() {
    Set<String> named = new HashSet<>(names.values());
    for (String file : list(directory)) {
      if (!named.contains(file) && isOld(file)) {
        try {
          Files.deleteIfExists(directory.resolve(file));
        } catch (IOException e) {
          LOG.warn("The file {} of the state directory cannot be deleted yet", file);
        }
      }
    }
  }

  private boolean isOld(String file) {
    Matcher snapshot = SNAPSHOT.matcher(file);
    if (snapshot.matches()) {
      return Long.parseLong(snapshot.group(1)) <= lease.epoch();
    }
    Matcher checkpoint = Checkpoint.FILE.matcher(file);
    if (checkpoint.matches()) {
      // Of a run that has not ended the count of each holder may be the greatest.
      return names.getOrDefault(NEXT, "").isEmpty()
          && (checkpoint.group(1) == null || Long.parseLong(checkpoint.group(1)) <= lease.epoch());
    }
    return UNLEASED.matcher(file).matches();
  }

  private static List<String> list(Path directory) {
    try (var files = Files.list(directory)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be read", e);
    }
  }
}
