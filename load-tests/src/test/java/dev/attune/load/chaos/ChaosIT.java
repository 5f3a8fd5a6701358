package dev.attune.load.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.load.chaos.ChaosFigures.Name;
import dev.attune.load.report.Figure;
import dev.attune.standalone.terminal.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A little of {@code ./attune bench chaos}. Set {@code -Dattune.seed} to repeat a failure's script,
 * people and pauses; the kills fall where they fall.
 */
class ChaosIT {
  private static final int KILLS = 3;
  private static final int ENDPOINTS = 8;
  private static final int PEOPLE = 10;
  private static final Duration BETWEEN = Duration.ofSeconds(8);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  @Timeout(300)
  void killedDispatchers_badEndpoints_everythingComesInOrderAndNothingThatMustNot()
      throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    var figures = new ChaosFigures();
    var bench =
        new ChaosBench(
            Terminal.plain(System.out, System.err),
            new ChaosPlan(seed, KILLS, ENDPOINTS, PEOPLE, BETWEEN),
            figures,
            folder,
            folder);
    try {
      bench.run();
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + seed + ", state and logs in " + folder + ": " + e, e);
    }
    assertThat(figures.figure(Name.KILLS).value()).hasValue(KILLS);
    for (Name name : EnumSet.complementOf(EnumSet.of(Name.KILLS))) {
      Figure figure = figures.figure(name);
      assertThat(figure.holds())
          .as("seed %d, state and logs in %s: %s", seed, folder, figure)
          .isTrue();
    }
  }
}
