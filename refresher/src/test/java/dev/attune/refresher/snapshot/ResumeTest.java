package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.ProfileInput;
import dev.attune.proto.v1.Fact;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs that are killed somewhere and called again. Set {@code -Dattune.seed} to repeat a failure.
 */
class ResumeTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      identifiers: [{namespace: email, column: email}]
      traits: {plan: plan, orders: orders}
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  /** Nobody catches it: what happens after it is what happens after a kill. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Kills at the n-th word of the run. */
  private static final class Killing extends NoProgress {
    private long words;

    Killing(long words) {
      this.words = words;
    }

    private void word() {
      if (--words < 0) {
        throw new Killed();
      }
    }

    @Override
    public void phase(Phase phase) {
      word();
    }

    @Override
    public void rowsRead(long rows) {
      word();
    }

    @Override
    public void toWrite(long total) {
      word();
    }

    @Override
    public void written(long rows) {
      word();
    }

    @Override
    public void compared(Differences.Rows rows) {
      word();
    }
  }

  private static String rows(int from, int to, int orders) {
    return "select i as id, 'p' || i || '@x.example' as email, if(i %% 3 = 0, null, 'free') as plan, i * %d as orders from range(%d, %d) r(i)"
        .formatted(orders, from, to);
  }

  private Map<String, Fact> unkilled(String first, String second) throws Exception {
    var other = new Bench(Files.createTempDirectory(directory, "other"));
    other.write("customers.parquet", first, DAY_1);
    other.done(MODEL);
    other.write("customers.parquet", second, DAY_2);
    other.done(MODEL);
    return other.folded();
  }

  private static List<String> keys(Bench bench) {
    return bench.inputs.stream().map(input -> input.via().value()).toList();
  }

  // Whatever word it dies at, and however often: what is written in the end is what one run writes,
  // and each death costs at most one chunk.
  @RepeatedTest(6)
  void killedAnywhere_goesOnAndWritesAtMostOneChunkTwice() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    Random random = new Random(seed);
    String first = rows(0, 40, 1);
    String second = rows(5, 45, 2);
    bench.write("customers.parquet", first, DAY_1);
    bench.done(MODEL);
    bench.inputs.clear();
    bench.chunkRows = 1 + random.nextInt(9);
    bench.write("customers.parquet", second, DAY_2);

    int kills = 0;
    RefreshOutcome outcome = null;
    boolean begun = false;
    while (outcome == null) {
      try {
        Progress progress = new Killing(kills < 8 ? random.nextInt(16) : Long.MAX_VALUE);
        bench.killBefore = random.nextBoolean();
        bench.killAfter =
            kills < 8 && random.nextInt(3) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
        outcome =
            begun
                ? bench.again(MODEL, RefreshOptions.NONE, progress)
                : bench.refresh(MODEL, RefreshOptions.NONE, progress);
      } catch (Killed | Bench.KilledError e) {
        kills++;
        begun = true;
      }
    }

    String told = "seed " + seed + ", " + kills + " kills";
    assertThat(outcome).as(told).isEqualTo(new RefreshOutcome.Done(40, 45, 0));
    assertThat(keys(bench)).as(told).hasSizeBetween(45, 45 + kills * bench.chunkRows);
    // With the first snapshot, which the profiles hold already.
    bench.inputs.addAll(0, inputsOf(first));
    assertThat(bench.folded()).as(told).isEqualTo(unkilled(first, second));
    bench.inputs.clear();
    assertThat(bench.done(MODEL).written()).as(told).isZero();
  }

  private List<ProfileInput> inputsOf(String snapshot) throws Exception {
    var other = new Bench(Files.createTempDirectory(directory, "first"));
    other.write("customers.parquet", snapshot, DAY_1);
    other.done(MODEL);
    return other.inputs;
  }

  @Test
  void stoppedRun_goesOnWithTheNextChunk_evenWithoutItsFile() throws Exception {
    bench.chunkRows = 4;
    Path file = bench.write("customers.parquet", rows(0, 10, 1), DAY_1);
    var stopping =
        new NoProgress() {
          private boolean stop;

          @Override
          public void written(long rows) {
            stop = rows >= 4;
          }

          @Override
          public boolean stopping() {
            return stop;
          }
        };
    assertThat(bench.refresh(MODEL, RefreshOptions.NONE, stopping))
        .isEqualTo(new RefreshOutcome.Stopped());
    assertThat(bench.inputs).hasSize(4);

    Files.delete(file);
    assertThat(bench.again(MODEL, RefreshOptions.NONE, Progress.NONE))
        .isEqualTo(new RefreshOutcome.Done(10, 10, 0));
    assertThat(keys(bench)).isEqualTo(IntStream.range(0, 10).mapToObj(String::valueOf).toList());
    // Called once more, as after a kill between its last act and the word of it.
    assertThat(bench.again(MODEL, RefreshOptions.NONE, Progress.NONE))
        .isEqualTo(new RefreshOutcome.Done(10, 10, 0));
    assertThat(bench.inputs).hasSize(10);
  }

  // A checkpoint that was kept before its write would leave these rows out for good.
  @Test
  void killBetweenCheckpointAndWrite_leavesNoRowOut() {
    bench.chunkRows = 4;
    bench.write("customers.parquet", rows(0, 10, 1), DAY_1);
    bench.killBefore = true;
    bench.killAfter = 1;
    assertThatThrownBy(() -> bench.refresh(MODEL)).isInstanceOf(Bench.KilledError.class);
    assertThat(bench.inputs).hasSize(4);

    bench.killAfter = Integer.MAX_VALUE;
    assertThat(bench.again(MODEL, RefreshOptions.NONE, Progress.NONE))
        .isEqualTo(new RefreshOutcome.Done(10, 10, 0));
    assertThat(keys(bench)).isEqualTo(IntStream.range(0, 10).mapToObj(String::valueOf).toList());
  }

  @Test
  void checkpointOfAnotherRun_orOneThatIsTorn_countsAsNone() throws Exception {
    Path models = Files.createDirectories(directory.resolve("checkpoint"));
    var checkpoint = new Checkpoint(models, 4);
    checkpoint.keep("run-1", 500);
    assertThat(checkpoint.rows("run-1")).isEqualTo(500);
    assertThat(checkpoint.rows("run-2")).isZero();
    // What somebody says who was overtaken is true as well.
    var later = new Checkpoint(models, 9);
    later.keep("run-1", 1_000);
    checkpoint.keep("run-1", 1_500);
    assertThat(later.rows("run-1")).isEqualTo(1_500);
    Files.writeString(models.resolve("written-4"), "run-1\n50");
    assertThat(checkpoint.rows("run-1")).isEqualTo(1_000);
    Files.delete(models.resolve("written-9"));
    assertThat(checkpoint.rows("run-1")).isZero();
  }
}
