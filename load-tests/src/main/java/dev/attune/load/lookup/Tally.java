package dev.attune.load.lookup;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What came of the calls of one window. Of the driver's thread alone until the window is over. */
final class Tally {
  /** Outcomes of a call; others are a transport's own status. */
  static final int VERIFIED = 0;

  static final int WRONG = -1;
  static final int STALE = -2;

  private static final long MICROS_MAX = TimeUnit.MINUTES.toMicros(1);

  private final Histogram micros = new Histogram(1, MICROS_MAX, 3);
  private final Map<Integer, Long> failed = new TreeMap<>();
  private final long deadlineNanos;
  private long wrong;
  private long stale;
  private long inTime;
  private long notSent;
  private double seconds;

  /**
   * @param deadlineNanos after which an answer is of no use
   */
  Tally(long deadlineNanos) {
    this.deadlineNanos = deadlineNanos;
  }

  void record(int outcome, long nanos) {
    switch (outcome) {
      case VERIFIED -> {
        micros.recordValue(Math.clamp(nanos / 1_000, 1, MICROS_MAX));
        if (nanos <= deadlineNanos) {
          inTime++;
        }
      }
      case WRONG -> wrong++;
      case STALE -> stale++;
      default -> failed.merge(outcome, 1L, Long::sum);
    }
  }

  /** One before or after what counts: only whether the answer was right. */
  void recordOutside(int outcome) {
    if (outcome == WRONG || outcome == STALE) {
      record(outcome, 0);
    }
  }

  void notSent() {
    notSent(1);
  }

  void notSent(long calls) {
    notSent += calls;
  }

  void lasted(long nanos) {
    seconds = nanos / 1e9;
  }

  /** Latencies of the verified answers. */
  Histogram micros() {
    return micros;
  }

  long verified() {
    return micros.getTotalCount();
  }

  /** Verified answers a second. */
  double rate() {
    return verified() / seconds;
  }

  /** Verified answers within the deadline, a second. */
  double goodput() {
    return inTime / seconds;
  }

  /** About somebody else, damaged, or of a version that never was. */
  long wrong() {
    return wrong;
  }

  /** Older than the bound on staleness allows. */
  long stale() {
    return stale;
  }

  /** By the transport's status. */
  Map<Integer, Long> failed() {
    return failed;
  }

  long failures() {
    return failed.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Calls that were due and found no room in the driver. */
  long left() {
    return notSent;
  }

  /** In milliseconds. */
  double percentile(double percentile) {
    return micros.getValueAtPercentile(percentile) / 1_000.0;
  }
}
