package dev.attune.load.pipeline;

import org.HdrHistogram.Histogram;

/** Latencies of one kind, from any thread. */
final class Latencies {
  private static final long MICROS_MAX = 60_000_000;

  private final Histogram micros = new Histogram(1, MICROS_MAX, 3);

  /** Longer ones count as a minute. */
  synchronized void record(long nanos) {
    micros.recordValue(Math.clamp(nanos / 1_000, 1, MICROS_MAX));
  }

  synchronized Histogram snapshot() {
    return micros.copy();
  }

  /** In milliseconds. */
  double percentile(double percentile) {
    return snapshot().getValueAtPercentile(percentile) / 1_000.0;
  }

  long count() {
    return snapshot().getTotalCount();
  }

  /** {@code p50 12, p90 20, p99 40, max 80 ms}. */
  @Override
  public String toString() {
    return "p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms"
        .formatted(percentile(50), percentile(90), percentile(99), percentile(100));
  }
}
