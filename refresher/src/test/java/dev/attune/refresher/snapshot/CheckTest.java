package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A look at a source finds what would refuse a run, and changes nothing. */
class CheckTest {
  private static final String DAY = "2026-11-01T00:00:00Z";

  private static final String CSV =
      """
      name: customers
      kind: profiles
      source: {files: customers.csv, format: csv}
      key: {namespace: user_id, column: customer_id}
      identifiers: [{namespace: email, column: email}]
      traits: {plan: plan, orders: orders}
      """;

  private static final String PARQUET =
      CSV.replace("customers.csv, format: csv", "\"customers-*.parquet\", format: parquet");

  private static final String EVENTS =
      """
      name: purchases
      kind: events
      source: {files: orders.csv, format: csv}
      event: {user_id: who, name: Order Completed, time: at, properties: {total: total}}
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  @AfterEach
  void nothingChanged() {
    assertThat(bench.inputs).isEmpty();
    assertThat(bench.sent).isEmpty();
    assertThat(bench.letters).isEmpty();
    assertThat(bench.state.resolve("models")).doesNotExist();
    assertThat(bench.state.resolve("tmp")).isEmptyDirectory();
  }

  private CheckOutcome check(String yaml) {
    return bench.refresher().check(Bench.model(yaml), bench.catalog, Duration.ofSeconds(30));
  }

  private String refused(String yaml) {
    CheckOutcome outcome = check(yaml);
    if (outcome instanceof CheckOutcome.Refused refused) {
      return refused.reason();
    }
    throw new AssertionError("not refused: " + outcome);
  }

  @Test
  void files_thatCouldBeRead_areReady() throws Exception {
    bench.text("customers.csv", "customer_id,email,plan,orders\n007,a@example.org,free,3\n", DAY);
    assertThat(check(CSV)).isEqualTo(new CheckOutcome.Ready("customers.csv", 4));
    assertThat(
            check(
                CSV.replace(
                    "format: csv}",
                    "format: csv, query: \"select *, 1 as n from source where orders > 2\"}")))
        .isEqualTo(new CheckOutcome.Ready("customers.csv", 4));

    bench.text("orders.csv", "who,at,total\n1,2026-01-02,3.5\n", DAY);
    assertThat(check(EVENTS)).isEqualTo(new CheckOutcome.Ready("orders.csv", 3));
  }

  @Test
  void files_thatCouldNot_areRefusedAsARunWouldBe() throws Exception {
    assertThat(refused(CSV)).startsWith("there is no file ");
    assertThat(refused(CSV.replace("format: csv", "marker: _SUCCESS, format: csv")))
        .startsWith("customers.csv has no marker _SUCCESS");
    bench.text("customers.csv", "customer_id,mail,plan,orders\n1,a@example.org,free,3\n", DAY);
    assertThat(refused(CSV)).contains("has no column \"email\"; did you mean \"mail\"?");
    bench.text("customers.csv", "customer_id,email,plan,orders\n1,a@example.org,free,many\n", DAY);
    assertThat(refused(CSV)).contains("\"orders\" is declared as integer", "holds string");
    assertThat(refused(EVENTS)).startsWith("there is no file ");
    bench.text("orders.csv", "who,at,total\n1,soon,3.5\n", DAY);
    assertThat(refused(EVENTS)).contains("the column \"at\"");
  }

  @Test
  void manyRows_areLookedAtAndNotRead() throws Exception {
    String rows =
        "select i::varchar as customer_id, 'a' as email, 'x' as plan, i as orders from range(";
    bench.write("customers-0.parquet", rows + "3000000) r(i)", DAY);
    // What lies behind the first rows is not looked at; that the file is whole, is.
    Path second = bench.write("customers-1.parquet", rows + "10) r(i)", DAY);
    assertThat(check(PARQUET))
        .isEqualTo(new CheckOutcome.Ready("customers-0.parquet and 1 more", 4));

    byte[] bytes = Files.readAllBytes(second);
    Files.write(second, Arrays.copyOf(bytes, bytes.length - 5));
    assertThat(refused(PARQUET)).contains("its end is missing");
  }

  @Test
  void checkThatTakesTooLong_isEnded() throws Exception {
    bench.write("customers-0.parquet", "select 1 as customer_id, 'a' as plan, 2 as orders", DAY);
    String endless =
        "select sum(a.i) as customer_id, 'x' as email, 'x' as plan, 1 as orders from range(10000000) a(i),"
            + " range(10000000) b(i), source";
    assertThat(
            bench
                .refresher()
                .check(
                    Bench.model(
                        PARQUET.replace("parquet}", "parquet, query: \"" + endless + "\"}")),
                    bench.catalog,
                    Duration.ofSeconds(2)))
        .isEqualTo(new CheckOutcome.TooLong());
  }
}
