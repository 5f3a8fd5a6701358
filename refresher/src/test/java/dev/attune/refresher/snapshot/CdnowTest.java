package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real purchases, in their real file: {@code ATTUNE_CDNOW} is the directory that holds it. */
class CdnowTest {
  private static final String SOURCE =
      """
        format: csv
        csv: {delimiter: spaces}
        columns: {customer_id: string, date: date, number_of_cds: integer, dollar_value: number}
        date_format: "%Y%m%d"
      """;

  @TempDir Path directory;
  private Bench bench;
  private String source;

  @BeforeEach
  void file() throws Exception {
    String home = System.getenv().getOrDefault("ATTUNE_CDNOW", "");
    Path file = Path.of(home).resolve("CDNOW_master.txt");
    if (home.isEmpty() || !Files.exists(file)) {
      System.err.println(
          "*** CDNOW IS ABSENT: set ATTUNE_CDNOW to the directory of CDNOW_master.txt; the real"
              + " purchases are NOT tested ***");
    }
    assumeTrue(!home.isEmpty() && Files.exists(file), "CDNOW is absent: set ATTUNE_CDNOW");
    bench = new Bench(directory);
    source = "source:\n  files: " + file.toAbsolutePath() + "\n" + SOURCE;
  }

  @Test
  void purchases_areEvents() {
    String model =
        "name: cdnow_purchases\nkind: events\n"
            + source
            + """
            event:
              user_id: customer_id
              name: Order Completed
              time: date
              properties: {quantity: number_of_cds, total: dollar_value}
            """;

    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(69_659, 69_659, 0));
    assertThat(bench.sent.stream().map(Bench.Sent::key).distinct()).hasSize(23_570);
    assertThat(bench.sent.stream().map(Bench.Sent::json).distinct()).hasSize(69_659);
    assertThat(bench.sent.getFirst().json())
        .contains("\"userId\":\"00001\"", "\"quantity\":1,\"total\":11.77");

    bench.log.clear();
    bench.loadUntil(model, Instant.parse("1997-03-31T00:00:00Z"));
    assertThat(bench.log.stream().filter(line -> line.startsWith("tick "))).hasSize(90);
    assertThat(bench.log.getLast()).isEqualTo("tick 1997-03-31T00:00:00Z");
  }

  @Test
  void totals_areProfiles() {
    String model =
        "name: cdnow_customers\nkind: profiles\n"
            + source
            + """
              query: |
                select customer_id, count(*) as orders, sum(dollar_value) as total, max(date) as last
                from source group by customer_id
            key: {namespace: user_id, column: customer_id}
            data_time: 1998-06-30T00:00:00Z
            traits: {orders: orders, total: total, born: last}
            """;

    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(23_570, 23_570, 0));
    assertThat(bench.fact("user_id:00002/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(bench.fact("user_id:00002/total").getValue().getNumber()).isEqualTo(89.0);
    assertThat(bench.done(model).written()).isZero();
  }
}
