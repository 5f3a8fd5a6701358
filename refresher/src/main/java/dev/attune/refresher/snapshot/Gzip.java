package dev.attune.refresher.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** What gzip says of itself: DuckDB takes what it unpacks without looking at the checksum. */
final class Gzip {
  private static final String ENDING = ".gz";
  private static final int BUFFER_BYTES = 1 << 16;

  private Gzip() {}

  /** Refuses a gzip file that is damaged or cut off; unpacks it once more for that. */
  static void check(Path file) {
    if (!file.toString().endsWith(ENDING)) {
      return;
    }
    byte[] unpacked = new byte[BUFFER_BYTES];
    int count = 0;
    try (var gzip = new GZIPInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
      while (count >= 0 && !Thread.currentThread().isInterrupted()) {
        count = gzip.read(unpacked);
      }
    } catch (IOException _) {
      throw new RefusedException(
          file.getFileName()
              + " is not a whole gzip file: it is damaged or was cut off (expected: what its"
              + " checksum says)");
    }
  }
}
