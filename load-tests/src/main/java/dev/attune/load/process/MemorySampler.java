package dev.attune.load.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Looks every second at the resident memory of a process and its children. Linux only. */
public final class MemorySampler implements AutoCloseable {
  private final ProcessHandle process;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile String phase = "start";
  private volatile Optional<Peak> peak = Optional.empty();
  private volatile long samples;

  private MemorySampler(ProcessHandle process) {
    this.process = process;
    this.thread = Thread.ofPlatform().name("memory-sampler").daemon().unstarted(this::run);
  }

  /**
   * The most that was seen at one time.
   *
   * @param totalMb of all
   * @param ownMb of the process itself
   * @param childrenMb of its children
   * @param phase in which it was
   */
  public record Peak(double totalMb, double ownMb, double childrenMb, String phase) {}

  /** Begins. */
  public static MemorySampler start(ProcessHandle process) {
    var sampler = new MemorySampler(process);
    sampler.thread.start();
    return sampler;
  }

  /** Names what is being done from now on. */
  public void phase(String phase) {
    this.phase = phase;
    sample();
  }

  /** The peak so far; empty where the memory cannot be seen. */
  public Optional<Peak> peak() {
    return peak;
  }

  /** How often was looked. */
  public long samples() {
    return samples;
  }

  private void run() {
    try {
      do {
        sample();
      } while (!stop.await(1, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void sample() {
    double own = residentMb(process.pid());
    if (own == 0) {
      return;
    }
    double children = process.descendants().mapToDouble(child -> residentMb(child.pid())).sum();
    samples++;
    if (peak.isEmpty() || own + children > peak.get().totalMb()) {
      peak = Optional.of(new Peak(own + children, own, children, phase));
    }
  }

  // 0 when the process has ended, or this is no Linux.
  private static double residentMb(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_024.0)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
