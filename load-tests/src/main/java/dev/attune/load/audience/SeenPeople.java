package dev.attune.load.audience;

import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * People who were seen once and leave an audience by time alone, each at an instant of their own,
 * and what was told of them.
 */
final class SeenPeople {
  private static final long LATE_MAX = TimeUnit.HOURS.toMicros(1);
  private static final byte IN = 1;
  private static final byte OUT = 2;

  private final int first;
  private final long[] due;
  private final byte[] told;
  private final Histogram lateness = new Histogram(1, LATE_MAX, 3);
  private long measuredFrom = Long.MAX_VALUE;
  private long measuredTo = Long.MAX_VALUE;
  private int entered;
  private int exited;
  private long wrong;

  /**
   * @param first number of the first of them
   * @param due when each leaves, microseconds since the epoch
   */
  SeenPeople(int first, long[] due) {
    this.first = first;
    this.due = due.clone();
    this.told = new byte[due.length];
  }

  int first() {
    return first;
  }

  int count() {
    return due.length;
  }

  /** When somebody was seen. */
  long seenAt(int index) {
    return due[index] - TimeUnit.HOURS.toMicros(Shop.SEEN_HOURS);
  }

  /** When the last of them leaves. */
  long lastDue() {
    return Arrays.stream(due).max().orElse(0);
  }

  /** Takes in what was told of one of them; nothing of anybody else. */
  synchronized void take(Transition transition) {
    int index = Integer.parseUnsignedInt(transition.getProfileId().substring(24), 16) - first;
    if (index < 0 || index >= due.length || transition.getReason() == Reason.REASSERTED) {
      return;
    }
    if (transition.getEntered()) {
      wrong += told[index] == 0 ? 0 : 1;
      told[index] = IN;
      entered++;
    } else {
      boolean right = told[index] == IN && transition.getAtMicros() >= due[index];
      wrong += right ? 0 : 1;
      told[index] = OUT;
      exited++;
      if (due[index] >= measuredFrom && due[index] < measuredTo) {
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        lateness.recordValue(Math.clamp(now - due[index], 1, LATE_MAX));
      }
    }
    notifyAll();
  }

  /** Measures those who leave between two instants, in microseconds. */
  synchronized void measure(long fromMicros, long toMicros) {
    lateness.reset();
    measuredFrom = fromMicros;
    measuredTo = toMicros;
  }

  /** How late exits could be read, in microseconds. */
  synchronized Histogram lateness() {
    return lateness.copy();
  }

  synchronized int exited() {
    return exited;
  }

  /** Told twice, out of order, or too early. */
  synchronized long wrong() {
    return wrong;
  }

  /**
   * Waits until all have entered.
   *
   * @throws IllegalStateException when they have not
   */
  synchronized void awaitEntered(Duration longest) throws InterruptedException {
    await(longest, "entered", false);
  }

  /**
   * Waits until all have left.
   *
   * @throws IllegalStateException when they have not
   */
  synchronized void awaitExited(Duration longest) throws InterruptedException {
    await(longest, "left", true);
  }

  private void await(Duration longest, String what, boolean out) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while ((out ? exited : entered) < due.length) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new IllegalStateException(
            "%d of %d people %s".formatted(out ? exited : entered, due.length, what));
      }
      wait(left);
    }
  }
}
