package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of a DuckDB database file. */
class DuckDbSourceTest {
  private static final String DAY = "2026-11-01T00:00:00Z";

  private static final String TRAITS =
      """
      traits: {plan: plan, total: total, orders: orders, active: active, born: born, seen: seen,
               tags: tags, address: address}
      """;

  private static final String MODEL =
      """
      name: people
      kind: profiles
      source: {duckdb: shop.duckdb, table: marts.people}
      key: {namespace: user_id, column: id}
      """;

  private static final String PEOPLE =
      "select '007' as id, 'pro' as plan, 1.25::decimal(9, 2) as total, sum(3) as orders, true as active,"
          + " date '1990-02-03' as born, timestamptz '2026-01-02 03:04:05.123456+00' as seen,"
          + " ['x', null] as tags, {'zip': '1', 'city': map {'b': 1.5}} as address, 'x'::blob as unused"
          + " union all select '8', null, null, null, null, null, null, null, null, null";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    database("create schema marts", "create table marts.people as " + PEOPLE);
  }

  private void database(String... statements) throws Exception {
    Path file = bench.data.resolve("shop.duckdb");
    try (var connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse(DAY)));
  }

  private static String query(String query) {
    return MODEL.replace("table: marts.people", "query: \"" + query + "\"");
  }

  @Test
  void everyType_arrives() {
    assertThat(bench.done(MODEL + TRAITS).rows()).isEqualTo(2);

    assertThat(bench.fact("user_id:007/plan").getValue().getText()).isEqualTo("pro");
    assertThat(bench.fact("user_id:007/total").getValue().getNumber()).isEqualTo(1.25);
    assertThat(bench.fact("user_id:007/orders").getValue().getInteger()).isEqualTo(3);
    assertThat(bench.fact("user_id:007/active").getValue().getBoolean()).isTrue();
    assertThat(bench.fact("user_id:007/born").getValue().getDateDays())
        .isEqualTo(LocalDate.of(1990, 2, 3).toEpochDay());
    assertThat(bench.fact("user_id:007/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("2026-01-02T03:04:05Z") + 123_456);
    assertThat(bench.fact("user_id:007/tags").getValue().getList().getValuesCount()).isEqualTo(2);
    assertThat(bench.fact("user_id:007/address").getValue().getObject().getEntriesCount())
        .isEqualTo(2);
    assertThat(bench.fact("user_id:007/plan").getOccurredAtMicros()).isEqualTo(micros(DAY));
    assertThat(bench.folded()).doesNotContainKey("user_id:8/unused");
  }

  @Test
  void changes_areWrittenAlone() throws Exception {
    bench.done(MODEL + TRAITS);
    database("update marts.people set plan = 'free' where id = '8'");

    assertThat(bench.done(MODEL + TRAITS).written()).isEqualTo(1);
    assertThat(bench.fact("user_id:8/plan").getValue().getText()).isEqualTo("free");
  }

  @Test
  void query_seesTheDatabaseAndNothingElse() throws Exception {
    Path secret = bench.text("secret.csv", "id,plan\n1,secret\n", DAY);
    String traits = "traits: {plan: plan}\n";
    assertThat(bench.done(query("select id, plan from marts.people ; ") + traits).rows())
        .isEqualTo(2);

    for (String sql :
        new String[] {
          "select * from read_csv('" + secret + "')",
          "select * from '" + secret + "'",
          "select 1) x; attach '" + secret + "' as y; select * from (select 2",
          "select 1) x; set enable_external_access = true; select * from (select 2"
        }) {
      assertThat(bench.refused(query(sql) + traits))
          .startsWith("the query of shop.duckdb ")
          .doesNotContain("secret\n");
    }
    assertThat(bench.refused(query("select nothing from marts.people") + traits))
        .startsWith("the query of shop.duckdb cannot be run: Referenced column");
    assertThat(bench.refused(query("select id, plan::integer as plan from marts.people") + traits))
        .isEqualTo("the query of shop.duckdb failed on a row (conversion error)");
  }

  @Test
  void whatIsNotThere_isOneSentence() throws Exception {
    String traits = "traits: {plan: plam}\n";
    assertThat(bench.refused(MODEL + traits))
        .startsWith(
            "marts.people of shop.duckdb has no column \"plam\"; did you mean \"plan\"? (present:");
    assertThat(bench.refused(MODEL.replace("marts.people", "marts.persons") + traits))
        .startsWith("the query of shop.duckdb cannot be run: Table with name persons");
    assertThat(bench.refused(MODEL + "traits: {plan: unused}\n"))
        .startsWith(
            "the column \"unused\" of shop.duckdb is of the unsupported type BLOB (allowed:");
    assertThat(bench.refused(MODEL + "traits: {orders: plan}\n"))
        .contains("declared as integer", "\"plan\" of marts.people of shop.duckdb holds string");
    assertThat(bench.refused(MODEL.replace("shop.duckdb", "shop2.duckdb") + traits))
        .startsWith("there is no file ");
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void fileThatIsNoDatabase_orIsCutOff_isRefused() throws Exception {
    Path file = bench.data.resolve("shop.duckdb");
    String refusal = "shop.duckdb is not a whole DuckDB database of a version that is known here";
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, 5000));
    assertThat(bench.refused(MODEL + TRAITS)).isEqualTo(refusal);
    Files.writeString(file, "customer_id,plan\n".repeat(1000));
    assertThat(bench.refused(MODEL + TRAITS)).isEqualTo(refusal);
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void check_looksAtTheFirstRows() {
    assertThat(
            bench
                .refresher()
                .check(Bench.model(MODEL + TRAITS), bench.catalog, Duration.ofSeconds(30)))
        .isEqualTo(new CheckOutcome.Ready("marts.people of shop.duckdb", 9));
  }

  @Test
  void manyRows_areStreamed() throws Exception {
    // Twice what either database may hold in memory.
    database(
        "create table marts.many as select i::varchar as id, repeat(md5(i::varchar), 16) as plan from"
            + " range(500000) r(i)");
    assertThat(
            bench.refresh(
                MODEL.replace("marts.people", "marts.many") + "traits: {plan: plan}\n",
                new RefreshOptions(true, false, false, "")))
        .isInstanceOfSatisfying(
            RefreshOutcome.Compared.class,
            compared -> assertThat(compared.rows()).isEqualTo(500_000));
  }
}
