package dev.attune.load.lookup;

import dev.attune.load.lookup.LookupFigures.Name;
import dev.attune.load.report.Series;
import java.time.Duration;

/** What was seen in a soak, and what it says. Of one thread until it is over. */
final class SoakReadings {
  /** Looks that are missing would be those of the worst moments. */
  private static final double SEEN_LEAST = 0.9;

  /** A cache that was never full has not shown that it stops there. */
  private static final double FULL_LEAST = 0.9;

  private static final double MEGABYTE = 1 << 20;

  private final Series residentMb = new Series();
  private final Series cacheBytes = new Series();
  private long missed;
  private double settledBytes;
  private double endedBytes;

  /** What the near-cache says to hold, all the time. */
  void cacheBytes(double bytes) {
    cacheBytes.add(bytes);
  }

  /** Of the process, since it has settled. */
  void residentMb(double mb) {
    residentMb.add(mb);
  }

  /** Heap that is in use after a collection, when it has settled. */
  void settled(double bytes) {
    settledBytes = bytes;
  }

  /** The same at the end. */
  void ended(double bytes) {
    endedBytes = bytes;
  }

  /** The server was not to be asked. */
  void missed() {
    missed++;
  }

  /**
   * Tells the figures.
   *
   * @param bound bytes that the near-cache may hold
   * @param length of the soak
   * @param note how it was done
   */
  void tell(LookupFigures figures, long bound, Duration length, String note) {
    long settledSeconds = Math.max(0, length.minus(Soak.SETTLES).toSeconds());
    if (cacheBytes.count() < SEEN_LEAST * length.toSeconds()) {
      figures.notMeasured(Name.SOAK_CACHE, seen(cacheBytes.count(), length.toSeconds()));
    } else if (cacheBytes.max() < FULL_LEAST * bound) {
      figures.notMeasured(
          Name.SOAK_CACHE,
          "the near-cache never was full: %s of %d bytes; %s".formatted(cacheBytes, bound, note));
    } else {
      figures.measured(
          Name.SOAK_CACHE,
          cacheBytes.max() / bound,
          cacheBytes.count(),
          "bytes held %s of at most %d; %s".formatted(cacheBytes, bound, note));
    }
    if (settledSeconds == 0) {
      String why = "it was over within the first minute, which does not count";
      figures.notMeasured(Name.SOAK_MEMORY, why);
      figures.notMeasured(Name.SOAK_HEAP, why);
      return;
    }
    if (residentMb.count() < SEEN_LEAST * settledSeconds) {
      figures.notMeasured(Name.SOAK_MEMORY, seen(residentMb.count(), settledSeconds));
    } else {
      figures.measured(
          Name.SOAK_MEMORY,
          residentMb.max() / residentMb.min(),
          residentMb.count(),
          "resident MB %s; %s".formatted(residentMb, note));
    }
    if (settledBytes == 0 || endedBytes == 0) {
      figures.notMeasured(Name.SOAK_HEAP, "the server did not say how much is in use");
    } else {
      figures.measured(
          Name.SOAK_HEAP,
          endedBytes / settledBytes,
          2,
          "MB in use after a collection: %.0f, at the end %.0f; %s"
              .formatted(settledBytes / MEGABYTE, endedBytes / MEGABYTE, note));
    }
  }

  private String seen(long looks, long seconds) {
    return "looked at %d times in %d s, and missed %d times".formatted(looks, seconds, missed);
  }
}
