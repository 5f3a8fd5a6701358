package dev.attune.refresher.snapshot;

import dev.attune.refresher.lease.Holder;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.Leases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where runs and checks have their databases, which hold rows of people: gone with them, or, where
 * a process was killed, with the next one that finds them.
 */
final class TemporaryFolders {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolders.class);

  private static final Pattern RUN = Pattern.compile("(.+)\\.([0-9]+)");
  private static final Pattern PROCESS = Pattern.compile(".+@(.*)");

  /** Of a process of another machine nobody can tell whether it is dead. */
  private static final Duration AGE_MAX = Duration.ofDays(1);

  private final Path root;

  TemporaryFolders(Path root) {
    this.root = root;
  }

  /**
   * Of a run: the lease's. What the holders before it left is deleted, also under the hands of one
   * that does not know yet that it was overtaken.
   */
  Path ofRun(Lease lease) {
    for (Path folder : folders()) {
      Matcher run = RUN.matcher(String.valueOf(folder.getFileName()));
      if (run.matches()
          && run.group(1).equals(lease.model())
          && Long.parseLong(run.group(2)) < lease.epoch()) {
        delete(folder);
      }
    }
    return root.resolve(lease.model() + "." + lease.epoch());
  }

  /** Of something that needs no lease. */
  Path ofThisProcess(String name) {
    return root.resolve(name + "@" + Holder.here().mark());
  }

  /** Deletes what is nobody's any more. */
  void deleteLeftovers(Leases leases) {
    for (Path folder : folders()) {
      String name = String.valueOf(folder.getFileName());
      Matcher process = PROCESS.matcher(name);
      Matcher run = RUN.matcher(name);
      boolean inUse =
          process.matches()
              ? !Holder.isGone(process.group(1)) && !isOld(folder)
              : run.matches() && leases.isInUse(run.group(1), Long.parseLong(run.group(2)));
      if (!inUse) {
        delete(folder);
      }
    }
  }

  // By the file system's own clock, not by this machine's.
  private boolean isOld(Path folder) {
    try (var files = Files.walk(folder)) {
      Path probe = Files.createTempFile(root, "now", "");
      FileTime now = Files.getLastModifiedTime(probe);
      Files.delete(probe);
      long newest = 0;
      for (Path file : files.toList()) {
        newest = Math.max(newest, Files.getLastModifiedTime(file).toMillis());
      }
      return now.toMillis() - newest > AGE_MAX.toMillis();
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static void delete(Path folder) {
    try {
      DuckDb.delete(folder);
    } catch (UncheckedIOException e) {
      LOG.warn("What a run has left in {} cannot be deleted yet", folder.getFileName());
    }
  }

  private List<Path> folders() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (var folders = Files.list(root)) {
      return folders.toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be read", e);
    }
  }
}
