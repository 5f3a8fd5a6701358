package dev.attune.load.command;

import dev.attune.load.process.WorkDir;
import dev.attune.load.report.Commit;
import dev.attune.load.report.Figure;
import dev.attune.load.report.Machine;
import dev.attune.load.report.Report;
import dev.attune.platform.log.Logs;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What surrounds every benchmark: its log, a folder for its state, a clean end on a signal, and its
 * report.
 */
public final class BenchFrame {
  private final Terminal terminal;
  private final String name;
  private final Duration cleanUpMax;

  /** The benchmark itself. */
  public interface Body {
    /**
     * Measures; what was measured before something failed is kept.
     *
     * @throws Complaint when something failed
     */
    void run(Folders folders) throws IOException, InterruptedException;
  }

  /**
   * Where a run reads and writes.
   *
   * @param root of the project
   * @param work for its state; goes when it ends
   * @param out for what it leaves behind
   */
  public record Folders(Path root, Path work, Path out) {}

  /**
   * @param name of the benchmark, and of its files
   * @param cleanUpMax how long a signal waits for what the run started
   */
  public BenchFrame(Terminal terminal, String name, Duration cleanUpMax) {
    this.terminal = terminal;
    this.name = name;
    this.cleanUpMax = cleanUpMax;
  }

  /**
   * Runs it and tells its figures.
   *
   * @param beside what it writes beside its JSON, for people
   * @return the exit code
   */
  public int run(Body body, Supplier<List<Figure>> figures, String beside)
      throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty("attune.home", "")).toAbsolutePath();
    Path out = root.resolve("target").resolve("bench");
    Files.createDirectories(out);
    Logs.toFile(out.resolve(name + ".log"));
    Machine machine = Machine.here();
    CountDownLatch cleaned = cleanUpOnSignal(Thread.currentThread());
    try (WorkDir work = WorkDir.create(name)) {
      body.run(new Folders(root, work.path(), out));
    } catch (Complaint e) {
      terminal.note("attune: " + e.sentence());
    } finally {
      cleaned.countDown();
    }
    var report = new Report(machine, Commit.of(root), figures.get());
    report.table().forEach(terminal::result);
    report.write(out.resolve(name + ".json"));
    terminal.result("Written to " + out + ": " + name + ".json, " + beside + ".");
    if (!report.holds()) {
      terminal.note("attune: a figure does not hold, or was not measured.");
      return 1;
    }
    return 0;
  }

  /** A signal ends the work where it is; what it started and wrote goes first. */
  private CountDownLatch cleanUpOnSignal(Thread worker) {
    var cleaned = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  worker.interrupt();
                  await(cleaned);
                  // A worker that reads from a process hears of no interrupt.
                  ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
                }));
    return cleaned;
  }

  private void await(CountDownLatch latch) {
    try {
      var _ = latch.await(cleanUpMax.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Checks the value of an option, both ends allowed.
   *
   * @throws Complaint when it is outside
   */
  public static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new Complaint(option + ": " + value + " (allowed: " + least + " to " + most + ").");
    }
  }
}
