package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.TestLeases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State that a version without leases has left, and state that is damaged. */
class UnleasedStateTest {
  private static final String DAY = "2026-11-01T00:00:00Z";

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
  private Path model;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    bench.chunkRows = 1;
    model = bench.state.resolve("models/customers");
    bench.text("customers.csv", "id,plan\n1,free\n2,free\n", DAY);
    bench.done(MODEL);
    bench.text("customers.csv", "id,plan\n1,pro\n2,free\n", DAY);
    bench.done(MODEL);
    bench.text("customers.csv", "id,plan\n1,pro\n2,pro\n3,pro\n", DAY);
    bench.killAfter = 1;
    assertThatThrownBy(() -> bench.refresh(MODEL)).isInstanceOf(Bench.KilledError.class);
    bench.killAfter = Integer.MAX_VALUE;
  }

  /** Gives all files the names that they had: one of each, replaced in place. */
  private void unleased() throws Exception {
    Map<String, String> state;
    long epoch;
    try (Lease lease = TestLeases.acquired(TestLeases.alone(bench.state), "customers")) {
      state = new TreeMap<>(lease.state());
      // Of the run that was killed.
      epoch = lease.epoch() - 2;
    }
    for (var entry : state.entrySet()) {
      String name = entry.getKey().substring("rows/".length()).replace("before/", "before-");
      if (entry.getValue().isEmpty()) {
        Files.createFile(model.resolve(name + ".none"));
      } else {
        Files.move(model.resolve(entry.getValue()), model.resolve(name + ".parquet"));
      }
    }
    Files.move(model.resolve("written-" + epoch), model.resolve("written"));
    DuckDb.delete(model.resolve("state"));
  }

  private List<String> files() throws Exception {
    try (var files = Files.list(model)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> !file.equals("state"))
          .sorted()
          .toList();
    }
  }

  @Test
  void runOfAVersionWithoutLeases_isGoneOnWith_andItsSnapshotsAreKept() throws Exception {
    unleased();
    assertThat(files())
        .containsExactly(
            "applied.parquet",
            "before-run-1.none",
            "before-run-2.parquet",
            "next.parquet",
            "written");
    int before = bench.inputs.size();

    assertThat(bench.again(MODEL, RefreshOptions.NONE, Progress.NONE))
        .isEqualTo(new RefreshOutcome.Done(3, 2, 0));
    // The first row was acknowledged, and the kill came right after the second.
    assertThat(bench.inputs.subList(before, bench.inputs.size())).hasSize(1);
    assertThat(files())
        .as("what is named is kept, under the name it had")
        .containsExactly("applied.parquet", "before-run-2.parquet", "next.parquet");

    Bench.done(bench.refresh(MODEL, new RefreshOptions(false, false, true, "run-1")));
    assertThat(bench.fact("user_id:1/plan").hasValue()).isFalse();
    Bench.done(bench.refresh(MODEL, new RefreshOptions(false, false, true, "run-2")));
    assertThat(bench.fact("user_id:1/plan").getValue().getText()).isEqualTo("free");
  }

  // As if nothing had ever been applied would leave in profiles what it has taken away since.
  @Test
  void fileThatIsMissing_failsTheRun_unlessAllIsDeleted() throws Exception {
    bench.again(MODEL, RefreshOptions.NONE, Progress.NONE);
    Path applied = bench.stateFile("customers", "rows/applied");
    Files.delete(applied);
    assertThatThrownBy(() -> bench.refresh(MODEL))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the file "
                + applied.getFileName()
                + " of the model customers is missing from the state directory (allowed: bring it"
                + " back, or delete models/customers to write every row again)");
    DuckDb.delete(model);
    assertThat(bench.done(MODEL).written()).isEqualTo(3);
  }

  @Test
  void leftoversOfOthersThatMayBeAlive_areKept() throws Exception {
    TestLeases other = TestLeases.on(bench.state, "other");
    Path tmp = bench.state.resolve("tmp");
    try (Lease lease = other.takeOver("orders")) {
      Path running = Files.createDirectories(tmp.resolve("orders." + lease.epoch()));
      Path ended = Files.createDirectories(tmp.resolve("orders." + (lease.epoch() - 1)));
      Path checked = Files.createDirectories(tmp.resolve("orders~check@elsewhere.7.1"));
      Path old = Files.createDirectories(tmp.resolve("orders~check@elsewhere.8.1"));
      Files.setLastModifiedTime(old, FileTime.from(Instant.parse(DAY)));
      bench.refresher().deleteLeftovers(TestLeases.on(bench.state, "this").leases());
      assertThat(running).exists();
      assertThat(ended).doesNotExist();
      assertThat(checked).exists();
      assertThat(old).doesNotExist();
    }
    bench.refresher().deleteLeftovers(TestLeases.on(bench.state, "this").leases());
    assertThat(tmp.resolve("orders~check@elsewhere.7.1")).exists();
    try (var files = Files.list(tmp)) {
      assertThat(files).hasSize(1);
    }
  }
}
