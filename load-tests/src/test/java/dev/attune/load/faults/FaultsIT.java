package dev.attune.load.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.load.faults.FaultFigures.Name;
import dev.attune.load.process.Child;
import dev.attune.load.report.Figure;
import dev.attune.standalone.Main;
import dev.attune.standalone.terminal.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A few of the kills of {@code ./attune bench faults}, over batch and stream: everything is as if
 * nothing had happened. Set {@code -Dattune.seed} to repeat a failure's moments, tables and events;
 * the kills fall where they fall.
 */
class FaultsIT {
  private static final List<Moment> ALWAYS = List.of(Moment.WRITE, Moment.BACKFILL, Moment.STREAM);
  private static final List<Moment> ONE_OF =
      List.of(Moment.LOAD, Moment.COMPARE, Moment.START, Moment.STOP);
  private static final int CUSTOMERS = 1_500;
  private static final int ORDERS = 5_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  @Timeout(300)
  void killedOverBatchAndStream_everythingIsAsIfNothingHadHappened() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    var figures = new FaultFigures();
    List<String> command =
        Child.java(
            // One compiler: a life is too short for the other one.
            List.of("-Xmx512m", "-XX:MaxDirectMemorySize=192m", "-XX:TieredStopAtLevel=1"),
            Main.class,
            "up",
            "--config",
            folder.resolve("config.yaml").toString());
    var bench =
        new FaultsBench(
            Terminal.plain(System.out, System.err),
            plan(seed),
            figures,
            folder,
            folder,
            command,
            folder.resolve("errors"));
    try {
      bench.run();
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + seed + ", data and log in " + folder + ": " + e, e);
    }
    assertThat(figures.figure(Name.KILLS).value()).hasValue(ALWAYS.size() + 1);
    // How long starts take says something of the machine only.
    for (Name name : EnumSet.complementOf(EnumSet.of(Name.KILLS, Name.READY, Name.READY_MAX))) {
      Figure figure = figures.figure(name);
      assertThat(figure.holds())
          .as("seed %d, data and log in %s: %s", seed, folder, figure)
          .isTrue();
    }
  }

  private static FaultPlan plan(long seed) {
    Random random = new Random(seed);
    List<Moment> moments = new ArrayList<>(ALWAYS);
    moments.add(ONE_OF.get(random.nextInt(ONE_OF.size())));
    Collections.shuffle(moments, random);
    return new FaultPlan(seed, moments, moments.size(), CUSTOMERS, ORDERS);
  }
}
