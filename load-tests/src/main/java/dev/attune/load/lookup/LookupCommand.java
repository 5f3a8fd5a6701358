package dev.attune.load.lookup;

import dev.attune.load.process.WorkDir;
import dev.attune.load.report.Commit;
import dev.attune.load.report.Machine;
import dev.attune.load.report.Report;
import dev.attune.platform.log.Logs;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune bench lookup}. */
@Command(
    name = "lookup",
    mixinStandardHelpOptions = true,
    description =
        "Lookups over gRPC and HTTP beside redis-benchmark and a thin Node service: rates, latency,"
            + " processor time, bulk load, overload. Needs about 7 GB of memory for a million profiles.")
public final class LookupCommand implements Callable<Integer> {
  private static final int PROFILES = 1_000_000;
  private static final int BLOCKS = 7;
  private static final int SECONDS = 5;
  private static final int SOAK_MINUTES = 10;
  private static final long CLEAN_UP_SECONDS_MAX = 60;

  private final Terminal terminal;

  @Option(
      names = "--profiles",
      defaultValue = "1000000",
      paramLabel = "N",
      description = "1000-5000000; the bounds speak of ${DEFAULT-VALUE}.")
  private int profiles = PROFILES;

  @Option(
      names = "--blocks",
      defaultValue = "7",
      paramLabel = "N",
      description = "Interleaved blocks, 1-50; the bounds speak of ${DEFAULT-VALUE}.")
  private int blocks = BLOCKS;

  @Option(
      names = "--seconds",
      defaultValue = "5",
      paramLabel = "N",
      description = "Each measurement of a block, 1-60; the bounds speak of ${DEFAULT-VALUE}.")
  private int seconds = SECONDS;

  @Option(
      names = "--soak",
      defaultValue = "0",
      paramLabel = "MINUTES",
      description =
          "Then uniform lookups for so long with an eye on memory, 0-600; the bounds speak of 10.")
  private int soakMinutes = 0;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description =
          "Beside the rates of gRPC only these of ${COMPLETION-CANDIDATES}; the bounds speak of all.")
  private Set<LookupBench.Part> only = EnumSet.allOf(LookupBench.Part.class);

  public LookupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    require("--profiles", profiles, 1_000, 5_000_000);
    require("--blocks", blocks, 1, 50);
    require("--seconds", seconds, 1, 60);
    require("--soak", soakMinutes, 0, 600);
    Path root = Path.of(System.getProperty("attune.home", "")).toAbsolutePath();
    Path out = root.resolve("target").resolve("bench");
    Files.createDirectories(out);
    Logs.toFile(out.resolve("lookup.log"));
    Thread worker = Thread.currentThread();
    var cleaned = new CountDownLatch(1);
    // A signal ends the work where it is; what it started and wrote goes first.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  worker.interrupt();
                  await(cleaned);
                }));
    Machine machine = Machine.here();
    var figures = new LookupFigures(otherLoad());
    try (WorkDir work = WorkDir.create("lookup")) {
      new LookupBench(
              terminal,
              work.path(),
              out,
              new LookupBench.Plan(profiles, blocks, seconds, soakMinutes, only),
              figures)
          .run();
    } catch (Complaint e) {
      terminal.note("attune: " + e.sentence());
    } finally {
      cleaned.countDown();
    }
    var report = new Report(machine, Commit.of(root), figures.list(soakMinutes > 0));
    report.table().forEach(terminal::result);
    report.write(out.resolve("lookup.json"));
    terminal.result("Written to " + out + ": lookup.json, lookup.svg, logs beside them.");
    if (!report.holds()) {
      terminal.note("attune: a figure does not hold, or was not measured.");
      return 1;
    }
    return 0;
  }

  private String otherLoad() {
    return profiles >= PROFILES
            && blocks >= BLOCKS
            && seconds >= SECONDS
            && only.size() == LookupBench.Part.values().length
            && (soakMinutes == 0 || soakMinutes >= SOAK_MINUTES)
        ? ""
        : "a quick run, not the load that the bound speaks of";
  }

  private static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new Complaint(option + ": " + value + " (allowed: " + least + " to " + most + ").");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      var _ = latch.await(CLEAN_UP_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
