package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DryRunTest {
  private static final String DAY = "2026-11-01T00:00:00Z";
  private static final RefreshOptions DRY = new RefreshOptions(true, false, false, "");

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      identifiers: [{namespace: email, column: email}]
      traits: {plan: plan, orders: orders}
      """;

  private static final String FIRST =
      "select * from (values (1, 'a@x.example', 'free', 1), (2, 'b@x.example', 'pro', 2),"
          + " (3, null, null, 3)) t(id, email, plan, orders)";

  private static final String SECOND =
      "select * from (values (1, 'a@x.example', 'free', 1), (2, 'b@y.example', null, 7),"
          + " (4, null, 'pro', 4)) t(id, email, plan, orders)";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private static String digest(String key) {
    return Sha256.hex(key).substring(0, 12);
  }

  @Test
  void dryRun_tellsCountsAndNamesAndChangesNothing() {
    bench.write("customers.parquet", FIRST, DAY);
    bench.done(MODEL);
    bench.inputs.clear();
    bench.write("customers.parquet", SECOND, DAY);

    RefreshOutcome.Compared compared = Bench.compared(bench.refresh(MODEL, DRY));

    assertThat(compared.rows()).isEqualTo(3);
    Differences differences = compared.differences();
    assertThat(differences.rows()).isEqualTo(new Differences.Rows(1, 1, 1, 0));
    assertThat(differences.cells()).isEqualTo(Map.of("email", 1L, "plan", 1L, "orders", 1L));
    assertThat(differences.samples())
        .containsExactly(
            new Differences.Sample("added", digest("4"), List.of("plan", "orders")),
            new Differences.Sample("changed", digest("2"), List.of("email", "plan", "orders")),
            new Differences.Sample("removed", digest("3"), List.of("orders")));
    assertThat(differences.toString()).doesNotContain("x.example", "pro");
    assertThat(bench.inputs).isEmpty();

    // A run finds as much to do as if nobody had looked.
    assertThat(bench.done(MODEL).written()).isEqualTo(3);
  }

  @Test
  void dryRunOfAFirstSnapshot_leavesNoState() throws Exception {
    bench.badRowShareMax = 1;
    bench.write("customers.parquet", FIRST.replace("'free'", "repeat('x', 40000)"), DAY);

    RefreshOutcome.Compared compared = Bench.compared(bench.refresh(MODEL, DRY));

    assertThat(compared.badRows()).isEqualTo(1);
    assertThat(compared.differences().rows()).isEqualTo(new Differences.Rows(2, 0, 0, 0));
    assertThat(bench.letters).isEmpty();
    assertThat(bench.kept("customers")).isEmpty();
  }

  @Test
  void changedMapping_isRowsToBeWrittenAgain() {
    bench.write("customers.parquet", FIRST, DAY);
    bench.done(MODEL);

    assertThat(
            Bench.compared(
                    bench.refresh(MODEL.replace("plan: plan", "plan: plan, total: orders"), DRY))
                .differences()
                .cells())
        .isEqualTo(Map.of("total", 3L));
    RefreshOptions full = new RefreshOptions(true, true, false, "");
    assertThat(Bench.compared(bench.refresh(MODEL, full)).differences().rows())
        .isEqualTo(new Differences.Rows(0, 0, 0, 3));
  }

  @Test
  void whatARunWouldRefuse_isRefused() {
    bench.write("customers.parquet", FIRST, DAY);
    bench.done(MODEL);
    bench.write("customers.parquet", FIRST + " limit 0", DAY);
    assertThat(Bench.refused(bench.refresh(MODEL, DRY))).contains("has no rows");
  }
}
