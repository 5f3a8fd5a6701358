package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose process is killed for real ({@code kill -9}), several times, in the middle of a
 * chunk: each next process goes on with it. Set {@code -Dattune.seed} to repeat the chunks; the
 * moments fall where they fall.
 */
class RunKillIT {
  private static final int ROWS = 6_000;

  /** Of RefreshSettings. */
  private static final int CHUNK = 500;

  private static final int KILLS = 3;

  @TempDir Path directory;

  private Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            KilledRun.class.getName(),
            directory.toString())
        .redirectError(ProcessBuilder.Redirect.appendTo(directory.resolve("child.log").toFile()))
        .start();
  }

  private List<String> written() throws IOException {
    return Files.readAllLines(directory.resolve("written.log"));
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void killedProcess_costsAtMostOneChunk() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    Random random = new Random(seed);
    StringBuilder rows = new StringBuilder("id,plan\n");
    IntStream.range(0, ROWS).forEach(i -> rows.append(i).append(",free\n"));
    Files.writeString(directory.resolve("customers.csv"), rows);

    for (int kill = 0; kill < KILLS; kill++) {
      Process child = start();
      try {
        int chunks = random.nextInt(3);
        BufferedReader words = child.inputReader();
        for (int i = 0; i <= chunks; i++) {
          assertThat(words.readLine()).as("seed %d, see child.log", seed).isEqualTo("chunk");
          child.getOutputStream().write('c');
          child.getOutputStream().flush();
        }
        // Somewhere between the last chunk's write and the word of the next one.
      } finally {
        child.destroyForcibly();
        assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it dies within 30 s").isTrue();
      }
      // The source is gone for all but the first: what was wanted is in the state directory.
      Files.deleteIfExists(directory.resolve("customers.csv"));
    }
    Process last = start();
    try {
      last.getOutputStream().write(new byte[ROWS / CHUNK]);
      last.getOutputStream().flush();
      List<String> words = last.inputReader().lines().toList();
      assertThat(words.getLast())
          .as("seed %d, see child.log", seed)
          .isEqualTo("done after " + (KILLS + 1) + " starts");
    } finally {
      last.destroyForcibly();
    }
    List<String> written = written();
    assertThat(new HashSet<>(written)).as("seed %d", seed).hasSize(ROWS);
    assertThat(written).as("seed %d", seed).hasSizeBetween(ROWS, ROWS + KILLS * CHUNK);
    // Rows come in order, but for the one chunk that a kill may cost.
    for (int i = 1; i < written.size(); i++) {
      int step = Integer.parseInt(written.get(i)) - Integer.parseInt(written.get(i - 1));
      assertThat(step).as("seed %d, line %d", seed, i).isIn(1, 1 - CHUNK);
    }
  }
}
