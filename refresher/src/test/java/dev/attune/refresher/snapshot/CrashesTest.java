package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of snapshots, some of which are only half written before the next one comes, and
 * some with rows that cannot be taken.
 */
class CrashesTest {
  private static final int SEQUENCES = 6;
  private static final int SNAPSHOTS = 5;
  private static final int PEOPLE = 6;

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

  private static String snapshot(Random random) {
    List<String> rows = new ArrayList<>();
    rows.add("(0, null, 'always', 0)");
    for (int id = 1; id <= PEOPLE; id++) {
      if (random.nextInt(4) > 0) {
        String email = random.nextBoolean() ? "null" : "'" + random.nextInt(3) + "@x.example'";
        String plan = random.nextInt(3) == 0 ? "null" : "'" + random.nextInt(2) + "'";
        if (random.nextInt(5) == 0) {
          plan = "repeat('x', 40000)";
        }
        rows.add("(%d, %s, %s, %d)".formatted(id, email, plan, random.nextInt(2)));
      }
    }
    return "select * from (values " + String.join(", ", rows) + ") t(id, email, plan, orders)";
  }

  @Test
  void crashesAnywhere_leaveTheFactsOfRunsThatWereNotKilled() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int sequence = 0; sequence < SEQUENCES; sequence++) {
      var calm = new Bench(directory.resolve("calm-" + sequence));
      var crashing = new Bench(directory.resolve("crashing-" + sequence));
      crashing.chunkRows = 1;
      calm.badRowShareMax = 1;
      crashing.badRowShareMax = 1;
      for (int day = 1; day <= SNAPSHOTS; day++) {
        String rows = snapshot(random);
        String modified = "2026-11-0" + day + "T00:00:00Z";
        calm.write("customers.parquet", rows, modified);
        crashing.write("customers.parquet", rows, modified);
        long changed = calm.done(MODEL).written();
        if (changed > 0 && day < SNAPSHOTS && random.nextBoolean()) {
          crashing.inputsUntilFailure = random.nextLong(changed);
          assertThatThrownBy(() -> crashing.refresh(MODEL))
              .as("seed %d", seed)
              .hasMessage("the store is away");
          crashing.inputsUntilFailure = Long.MAX_VALUE;
          if (random.nextBoolean()) {
            crashing.done(MODEL);
          }
        } else {
          crashing.done(MODEL);
        }
      }
      // The runs are others; whose snapshot each value is, is the same.
      assertThat(crashing.foldedOfAnyRun()).as("seed %d", seed).isEqualTo(calm.foldedOfAnyRun());
      assertThat(crashing.done(MODEL).written()).as("seed %d", seed).isZero();
    }
  }
}
