package dev.attune.load.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who has used the cores so far: the difference of two tells whether a figure was measured on a
 * machine that had time for it.
 *
 * @param nanos when
 * @param measured the measured process and its children
 * @param bench this process
 * @param everybody the whole machine; empty where it cannot be seen
 */
public record CpuTimes(
    long nanos, Duration measured, Duration bench, Optional<Duration> everybody) {
  private static final long NANOS_PER_TICK =
      10_000_000; // USER_HZ is 100 on every Linux we know of.

  /** Until now. */
  public static CpuTimes now(ProcessHandle process) {
    Duration measured =
        Stream.concat(Stream.of(process), process.descendants())
            .map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO))
            .reduce(Duration.ZERO, Duration::plus);
    Duration bench = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    return new CpuTimes(System.nanoTime(), measured, bench, ofMachine());
  }

  // The first line: cpu user nice system idle iowait irq softirq steal.
  private static Optional<Duration> ofMachine() {
    try {
      List<String> fields =
          List.of(Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1));
      long ticks = 0;
      for (int i : new int[] {1, 2, 3, 6, 7, 8}) {
        ticks += Long.parseLong(fields.get(i));
      }
      return Optional.of(Duration.ofNanos(ticks * NANOS_PER_TICK));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** {@code of 2 cores the system used 0.61, this bench 0.18, others 0.05}. */
  public static String between(CpuTimes from, CpuTimes to) {
    double elapsed = to.nanos() - from.nanos();
    double measured = to.measured().minus(from.measured()).toNanos() / elapsed;
    double bench = to.bench().minus(from.bench()).toNanos() / elapsed;
    String shares =
        "of %d cores the system used %.2f, this bench %.2f"
            .formatted(Runtime.getRuntime().availableProcessors(), measured, bench);
    if (from.everybody().isEmpty() || to.everybody().isEmpty()) {
      return shares;
    }
    double all = to.everybody().get().minus(from.everybody().get()).toNanos() / elapsed;
    return shares + ", others %.2f".formatted(Math.max(0, all - measured - bench));
  }
}
