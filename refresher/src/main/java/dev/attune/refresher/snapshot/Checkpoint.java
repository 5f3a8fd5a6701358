package dev.attune.refresher.snapshot;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How many rows of its snapshot a run has written, in a file of the model's directory. It says so
 * only of rows that were acknowledged: a run that goes on there is never ahead of its data, and at
 * most one chunk behind.
 *
 * <p>The file names its run. One of another run, or one that cannot be read, counts as none. Each
 * holder of the model's lease has a file of its own, and the greatest count is taken: what somebody
 * says who was overtaken is true all the same, for the rows are acknowledged.
 */
final class Checkpoint {
  /** The files of holders by epoch; the one without is of a version without leases. */
  static final Pattern FILE = Pattern.compile("written(?:-([0-9]+))?(\\.part)?");

  private static final String PART = ".part";

  private final Path directory;
  private final Path file;
  private final Path part;

  /**
   * @param epoch of the lease
   */
  Checkpoint(Path directory, long epoch) {
    this.directory = directory;
    this.file = directory.resolve("written-" + epoch);
    this.part = directory.resolve("written-" + epoch + PART);
  }

  /** Rows that the run has written for sure. */
  long rows(String runId) {
    try (var files = Files.list(directory)) {
      return files
          .filter(each -> !each.toString().endsWith(PART) && isOne(each))
          .mapToLong(each -> rows(each, runId))
          .max()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  private static boolean isOne(Path file) {
    return FILE.matcher(String.valueOf(file.getFileName())).matches();
  }

  private static long rows(Path file, String runId) {
    try {
      List<String> lines = Files.readString(file).lines().toList();
      // The last line tells that the others are whole.
      return lines.size() == 3 && lines.get(0).equals(runId) && lines.get(2).equals("end")
          ? Long.parseLong(lines.get(1))
          : 0;
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  /** Keeps it, safe against a loss of power. */
  void keep(String runId, long rows) {
    byte[] text = (runId + "\n" + rows + "\nend\n").getBytes(StandardCharsets.UTF_8);
    try {
      // Not a channel: an interrupted thread must still be able to keep it.
      try (FileOutputStream out = new FileOutputStream(part.toFile())) {
        out.write(text);
        out.getFD().sync();
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the checkpoint of a run cannot be kept (" + e.getMessage() + ")", e);
    }
  }
}
