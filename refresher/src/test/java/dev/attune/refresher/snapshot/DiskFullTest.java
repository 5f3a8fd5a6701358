package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory without space left: each of its files in turn is one that takes no byte. */
class DiskFullTest {
  private static final Path FULL = Path.of("/dev/full");
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.csv, format: csv}
      key: {namespace: user_id, column: id}
      traits: {plan: plan}
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    assumeTrue(Files.exists(FULL), "only Linux has a file that is always full");
    bench = new Bench(directory);
    bench.text("customers.csv", "id,plan\n1,free\n2,pro\n", DAY_1);
    bench.done(MODEL);
    bench.inputs.clear();
    bench.text("customers.csv", "id,plan\n1,pro\n3,pro\n", DAY_2);
  }

  private Path fill(String file) throws IOException {
    return Files.createSymbolicLink(bench.state.resolve("models/customers").resolve(file), FULL);
  }

  @Test
  void snapshotThatCannotBeKept_failsBeforeAnythingIsWritten() throws Exception {
    Path full = fill("snapshot-" + bench.nextEpoch("customers") + ".parquet");
    assertThatThrownBy(() -> bench.refresh(MODEL))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the disk of the state directory is full; the next run takes up what is missing");
    assertThat(bench.inputs).isEmpty();

    Files.delete(full);
    assertThat(bench.done(MODEL).written()).isEqualTo(3);
  }

  @Test
  void checkpointThatCannotBeKept_failsTheRun_andItGoesOnLater() throws Exception {
    Path full = fill("written-" + bench.nextEpoch("customers") + ".part");
    assertThatThrownBy(() -> bench.refresh(MODEL))
        .hasMessage("the checkpoint of a run cannot be kept (No space left on device)");

    Files.delete(full);
    assertThat(bench.again(MODEL, RefreshOptions.NONE, Progress.NONE))
        .isEqualTo(new RefreshOutcome.Done(2, 3, 0));
    assertThat(bench.fact("user_id:1/plan").getValue().getText()).isEqualTo("pro");
    assertThat(bench.fact("user_id:2/plan").hasValue()).isFalse();
    assertThat(bench.done(MODEL).written()).isZero();
  }
}
