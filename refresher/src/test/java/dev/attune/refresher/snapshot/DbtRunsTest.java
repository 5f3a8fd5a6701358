package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table that dbt did not make is not read. */
class DbtRunsTest {
  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.csv, format: csv, dbt: {target: shop/target, model: customers}}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  @TempDir Path directory;
  private Bench bench;
  private Path target;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    bench.text("customers.csv", "customer_id,plan\n1,free\n", "2026-11-01T00:00:00Z");
    target = Files.createDirectories(bench.data.resolve("shop/target"));
  }

  private void results(String... idAndStatus) throws Exception {
    StringBuilder results = new StringBuilder("{\"results\": [");
    for (int i = 0; i < idAndStatus.length; i += 2) {
      results
          .append(i == 0 ? "" : ", ")
          .append(
              "{\"unique_id\": \"%s\", \"status\": \"%s\", \"message\": \"secret\"}"
                  .formatted(idAndStatus[i], idAndStatus[i + 1]));
    }
    Files.writeString(target.resolve("run_results.json"), results + "]}");
  }

  @Test
  void modelThatFailedOrWasSkipped_isRefused() throws Exception {
    for (String status : new String[] {"error", "skipped"}) {
      results("model.shop.orders", "success", "model.shop.customers", status);
      assertThat(bench.refused(MODEL))
          .isEqualTo(
              "the last dbt run of \"customers\" ended with \""
                  + status
                  + "\" (allowed: success; run dbt again)");
    }
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void testThatFailed_refusesTheModelsThatItIsOf() throws Exception {
    Files.writeString(
        target.resolve("manifest.json"),
        """
        {"nodes": {
          "test.shop.unique_customers.1": {"depends_on": {"nodes": ["model.shop.customers"]}},
          "test.shop.unique_orders.2": {"depends_on": {"nodes": ["model.shop.orders"]}}}}
        """);
    results("model.shop.customers", "success", "test.shop.unique_orders.2", "fail");
    assertThat(bench.done(MODEL).rows()).isEqualTo(1);

    results("model.shop.customers", "success", "test.shop.unique_customers.1", "fail");
    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "a dbt test of \"customers\" ended with \"fail\" in the last run (allowed: pass, warn)");
  }

  @Test
  void modelThatSucceeded_orThatTheLastRunLeftAlone_isRead() throws Exception {
    results("model.shop.customers.v2", "success", "test.shop.a.1", "warn");
    assertThat(bench.done(MODEL).rows()).isEqualTo(1);
    results("model.shop.customers_old", "error");
    assertThat(bench.done(MODEL).rows()).isEqualTo(1);
  }

  @Test
  void resultsThatAreNotThere_orNotWhole_areRefused() throws Exception {
    Path results = target.resolve("run_results.json");
    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "there is no "
                + results
                + ": dbt has not run there (expected: what dbt writes at its end)");
    Files.writeString(results, "{\"results\": [");
    assertThat(bench.refused(MODEL))
        .isEqualTo(results + " is not JSON, or not whole: dbt may be writing it");
    Files.writeString(results, "{}");
    assertThat(bench.refused(MODEL))
        .isEqualTo(results + " is not what dbt writes: it has no results");
  }
}
