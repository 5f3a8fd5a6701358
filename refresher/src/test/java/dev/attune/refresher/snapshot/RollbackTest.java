package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.at;
import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.proto.v1.Fact;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that write all again, and runs that go back to what was applied before another. */
class RollbackTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      traits: {plan: plan, orders: orders}
      """;

  private static final String FIRST =
      "select * from (values (1, 'free', 1), (2, 'pro', 2), (3, null, 3)) t(id, plan, orders)";

  private static final String SECOND =
      "select * from (values (1, 'free', 1), (2, null, 7), (4, 'pro', 4)) t(id, plan, orders)";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private static RefreshOptions rollback(String run) {
    return new RefreshOptions(false, false, false, run);
  }

  /** What people would see: values without stamps and removals. */
  private Map<String, String> served() {
    Map<String, String> served = new TreeMap<>();
    bench
        .folded()
        .forEach(
            (key, fact) -> {
              if (fact.hasValue()) {
                served.put(key, fact.getValue().toString());
              }
            });
    return served;
  }

  @Test
  void full_writesEveryRowAgainWithItsStamps() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, Fact> before = bench.folded();
    bench.inputs.clear();
    bench.write("customers.parquet", FIRST, DAY_2);

    var full = new RefreshOptions(false, true, false, "");
    assertThat(bench.refresh(MODEL, full)).isEqualTo(new RefreshOutcome.Done(3, 3, 0));
    assertThat(bench.folded()).isEqualTo(before);
    assertThat(bench.done(MODEL).written()).isZero();
  }

  @Test
  void rollback_bringsBackWhatWasAppliedBefore() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, String> first = served();
    bench.write("customers.parquet", SECOND, DAY_2);
    bench.done(MODEL);
    assertThat(served()).isNotEqualTo(first);

    assertThat(bench.refresh(MODEL, rollback("run-2"))).isEqualTo(new RefreshOutcome.Done(3, 3, 0));

    assertThat(served()).isEqualTo(first);
    // Just after what it replaces, so that newer facts of other sources stay newer.
    assertThat(at(bench.folded(), "user_id:2/orders").getOccurredAtMicros())
        .isEqualTo(micros(DAY_2) + 1);
    // And that can be rolled back itself; the files, unchanged, say the second snapshot again.
    assertThat(bench.done(MODEL).written()).isEqualTo(3);
    assertThat(bench.refresh(MODEL, rollback("run-4"))).isInstanceOf(RefreshOutcome.Done.class);
    assertThat(served()).isEqualTo(first);
  }

  @Test
  void rollbackOfARunThatDidNotEnd_undoesWhatItWrote() {
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, String> first = served();
    bench.write("customers.parquet", SECOND, DAY_2);
    bench.inputsUntilFailure = 2;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");
    bench.inputsUntilFailure = Long.MAX_VALUE;
    assertThat(served()).isNotEqualTo(first);

    assertThat(bench.refresh(MODEL, rollback("run-2"))).isInstanceOf(RefreshOutcome.Done.class);
    assertThat(served()).isEqualTo(first);
  }

  @Test
  void rollbackOfTheFirstRun_takesAwayAllThatTheModelSaid() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    bench.write("customers.parquet", SECOND, DAY_2);
    bench.done(MODEL);
    // Whatever the mapping is by now: there is nothing that another one could read wrongly.
    String other = MODEL.replace("plan: plan, ", "");

    assertThat(bench.refresh(other, rollback("run-1"))).isEqualTo(new RefreshOutcome.Done(0, 3, 0));
    assertThat(served()).isEmpty();
    // What other sources said at the time of the last snapshot stays older, later things newer.
    assertThat(at(bench.folded(), "user_id:4/plan").getOccurredAtMicros())
        .isEqualTo(micros(DAY_2) + 1);
    assertThat(bench.done(MODEL).written()).isEqualTo(3);
    assertThat(served()).isNotEmpty();
  }

  @Test
  void rollbackOfAFirstRunThatDidNotEnd_takesAwayWhatItWrote() {
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.inputsUntilFailure = 2;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");
    bench.inputsUntilFailure = Long.MAX_VALUE;
    assertThat(served()).isNotEmpty();

    assertThat(bench.refresh(MODEL, rollback("run-1"))).isInstanceOf(RefreshOutcome.Done.class);
    assertThat(served()).isEmpty();
  }

  @Test
  void whatIsNotKept_isRefusedWithWhatIs() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    assertThat(Bench.refused(bench.refresh(MODEL, rollback("run-9"))))
        .isEqualTo("what was applied before the run run-9 is not kept (allowed: run-1)");
    for (int i = 10; i < 15; i++) {
      bench.write("customers.parquet", FIRST.replace("'free', 1", "'free', " + i), DAY_1);
      bench.done(MODEL);
    }
    assertThat(Bench.refused(bench.refresh(MODEL, rollback("run-3"))))
        .isEqualTo(
            "what was applied before the run run-3 is not kept (allowed: run-5, run-6, run-7)");
    assertThat(Bench.refused(bench.refresh(MODEL.replace("plan: plan, ", ""), rollback("run-7"))))
        .contains("made with another mapping");
  }
}
