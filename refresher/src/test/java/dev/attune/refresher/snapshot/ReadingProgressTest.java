package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A long read shows that it moves. */
class ReadingProgressTest {
  @TempDir Path directory;
  private Bench bench;
  private final List<Long> rowsRead = new CopyOnWriteArrayList<>();
  private final List<Double> shares = new CopyOnWriteArrayList<>();

  private final Progress progress =
      new NoProgress() {
        @Override
        public void rowsRead(long rows) {
          rowsRead.add(rows);
        }

        @Override
        public void shareRead(double share) {
          shares.add(share);
        }
      };

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private RefreshOutcome compare(String source) {
    return bench.refresh(
        """
        name: people
        kind: profiles
        source: {%s}
        key: {namespace: user_id, column: id}
        traits: {plan: plan}
        """
            .formatted(source),
        new RefreshOptions(true, false, false, ""),
        progress);
  }

  @Test
  void rowsOfADatabase_areToldWhileTheyAreRead() throws Exception {
    Path file = bench.data.resolve("shop.duckdb");
    try (var connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        var statement = connection.createStatement()) {
      statement.execute("create table people as select i as id, 'x' as plan from range(5000) r(i)");
    }
    Bench.compared(compare("duckdb: shop.duckdb, table: people"));
    assertThat(rowsRead).containsExactly(0L, 2_000L, 4_000L, 5_000L);
    assertThat(shares).isEmpty();
  }

  @Test
  void files_areToldByTheirShare() {
    bench.write(
        "people.csv",
        "select i as id, md5(i::varchar) as plan from range(1500000) r(i)",
        "2026-11-01T00:00:00Z");
    Bench.compared(compare("files: people.csv, format: csv"));
    assertThat(rowsRead).containsExactly(1_500_000L);
    assertThat(shares).isNotEmpty().isSorted().allMatch(share -> share > 0 && share <= 1);
  }
}
