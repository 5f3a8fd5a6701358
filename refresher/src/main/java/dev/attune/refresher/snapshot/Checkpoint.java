package dev.attune.refresher.snapshot;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * How many rows of its snapshot a run has written, in a file of the model's directory. It says so
 * only of rows that were acknowledged: a run that goes on there is never ahead of its data, and at
 * most one chunk behind.
 *
 * <p>The file names its run. One of another run, or one that cannot be read, counts as none.
 */
final class Checkpoint {
  private final Path file;
  private final Path part;

  Checkpoint(Path directory) {
    this.file = directory.resolve("written");
    this.part = directory.resolve("written.part");
  }

  /** Rows that the run has written for sure. */
  long rows(String runId) {
    try {
      if (!Files.exists(file)) {
        return 0;
      }
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
