package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots that are refused whole: one sentence without anybody's data, and nothing changed. */
class RefusalsTest {
  private static final String DAY = "2026-11-01T00:00:00Z";

  private static final String PARQUET =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: customer_id}
      traits: {plan: plan}
      """;

  private static final String CSV =
      PARQUET.replace("customers.parquet", "customers.csv").replace("parquet}", "csv}");

  private static final String JSON =
      PARQUET.replace("customers.parquet", "customers.json").replace("parquet}", "json}");

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  @AfterEach
  void nothingChanged() throws Exception {
    assertThat(bench.inputs).isEmpty();
    assertThat(bench.letters).isEmpty();
    assertThat(Files.isRegularFile(bench.stateFile("customers", "rows/next"))).isFalse();
    assertThat(bench.state.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void parquetCutInHalf() throws Exception {
    Path file =
        bench.write(
            "customers.parquet", "select i as customer_id, 'x' as plan from range(1000) r(i)", DAY);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

    assertThat(bench.refused(PARQUET))
        .isEqualTo(
            "customers.parquet is not a whole Parquet file: its end is missing, it was cut off");
  }

  @Test
  void parquetDamagedInside() throws Exception {
    Path file =
        bench.write(
            "customers.parquet",
            "select i as customer_id, hash(i)::varchar as plan from range(1000) r(i)",
            DAY);
    byte[] bytes = Files.readAllBytes(file);
    Arrays.fill(bytes, 4, bytes.length / 2, (byte) 0);
    Files.write(file, bytes);

    assertThat(bench.refused(PARQUET)).startsWith("customers.parquet cannot be read as parquet");
  }

  @Test
  void noFile() {
    assertThat(bench.refused(PARQUET)).startsWith("there is no file ");
    assertThat(bench.refused(PARQUET.replace("customers.parquet", "c*.parquet")))
        .startsWith("no file matches ");
  }

  @Test
  void keyColumnMissing() throws Exception {
    bench.text("customers.csv", "customerid,plan,Total (EUR)\n1,free,3\n", DAY);

    assertThat(bench.refused(CSV))
        .isEqualTo(
            "customers.csv has no column \"customer_id\"; did you mean \"customerid\"? (present:"
                + " customerid, plan, (not a plain name))");
  }

  @Test
  void csvWithoutItsHeader_isRefusedWithoutItsFirstRow() throws Exception {
    String refusal =
        "customers.csv has no column \"customer_id\" among its 3 columns; it may lack its header line";
    bench.text("customers.csv", "customerid,Anna,Berlin\nben,Ben,Bonn\n", DAY);
    assertThat(bench.refused(CSV)).isEqualTo(refusal);

    // One that holds the word "plan" in its first row is still no header.
    bench.text("customers.csv", "7,plan,Anna\n8,free,Ben\n", DAY);
    assertThat(bench.refused(CSV)).isEqualTo(refusal);
    bench.text("customers.csv", "anna@x.example,plan,Anna\nb@x.example,free,Ben\n", DAY);
    assertThat(bench.refused(CSV)).isEqualTo(refusal);

    assertThat(bench.refused(CSV.replace("csv}", "csv, columns: {customer_id: string}}")))
        .isEqualTo(refusal);
    bench.text("customers.csv", "anna  Anna Berlin\nben Ben Bonn\n", DAY);
    assertThat(bench.refused(CSV.replace("csv}", "csv, csv: {delimiter: spaces}}")))
        .isEqualTo(refusal);
  }

  @Test
  void headerInOtherCase_isShown() throws Exception {
    bench.text("customers.csv", "Customer_ID,Plan\n1,free\n", DAY);

    assertThat(bench.refused(CSV))
        .isEqualTo(
            "customers.csv has no column \"customer_id\"; did you mean \"Customer_ID\"? (present:"
                + " Customer_ID, Plan)");
  }

  @Test
  void namesThatAreValues_areNotShown() throws Exception {
    bench.text("customers.json", "{\"anna\": 1, \"ben\": 2}\n", DAY);
    assertThat(bench.refused(JSON))
        .isEqualTo("customers.json has no column \"customer_id\" among its 2 columns");

    bench.write("customers.parquet", "select 'anna' as name, 'x' as plan", DAY);
    assertThat(query("pivot (from source) on name using count(*) group by plan"))
        .doesNotContain("anna");
    bench.write("customers.parquet", "select {'anna': 1} as customer_id, 'x' as plan", DAY);
    assertThat(bench.refused(PARQUET))
        .isEqualTo(
            "the column \"customer_id\" of customers.parquet identifies people and is of type STRUCT (allowed: VARCHAR,"
                + " ENUM, UUID, integers)");
  }

  @Test
  void keysEmptyOrRepeated() throws Exception {
    bench.text("customers.csv", "customer_id,plan\n1,a\n,b\n\"  \",c\n", DAY);
    assertThat(bench.refused(CSV))
        .isEqualTo(
            "the key column \"customer_id\" of customers.csv is empty in 2 of 3 rows (allowed: a key in each)");

    bench.text("customers.csv", "customer_id,plan\n1,a\n 1,b\n2,c\n2,d\n2,e\n3,f\n", DAY);
    assertThat(bench.refused(CSV))
        .isEqualTo(
            "the key column \"customer_id\" of customers.csv has 2 values that stand in more than one row, in 5 rows"
                + " (allowed: one row for each)");
  }

  @Test
  void twoFilesThatClaimOneKey() throws Exception {
    bench.write("customers-0.parquet", "select 1 as customer_id, 'x' as plan", DAY);
    bench.write(
        "customers-1.parquet", "select i as customer_id, 'y' as plan from range(3) r(i)", DAY);

    assertThat(bench.refused(PARQUET.replace("customers.parquet", "customers-*.parquet")))
        .isEqualTo(
            "the key column \"customer_id\" of customers-0.parquet and 1 more has 1 values that stand in"
                + " more than one row, in 2 rows (allowed: one row for each)");
  }

  // 16 MB that become 400: memory stays within its bound.
  @Test
  void parquetBomb() {
    bench.write(
        "customers.parquet", "select 1 as customer_id, repeat('x', 400000000) as plan", DAY);

    assertThat(bench.refused(PARQUET))
        .isEqualTo(
            "customers.parquet holds more than fits: a row, or what is compressed in it, takes more"
                + " memory than a run may use (allowed: 128 MB)");
  }

  @Test
  void csvWithARaggedRow_isRefusedWithItsLineAndNotItsContent() throws Exception {
    bench.text("customers.csv", "customer_id,plan\n1,a\n2,b\n3,secret,secret,secret\n4,d\n", DAY);

    assertThat(bench.refused(CSV)).startsWith("customers.csv ").doesNotContain("secret");
  }

  @Test
  void brokenJson_isRefusedWithoutItsContent() throws Exception {
    bench.text(
        "customers.json", "{\"customer_id\": 1, \"plan\": \"secret\"}\n{\"customer_id\": ", DAY);

    assertThat(bench.refused(JSON))
        .startsWith("customers.json cannot be read as json")
        .doesNotContain("secret");
  }

  @Test
  void declaredColumnThatDoesNotConvert() throws Exception {
    bench.text("customers.csv", "customer_id,plan,when\n1,a,20260101\n2,b,secret\n", DAY);

    assertThat(
            bench.refused(
                CSV.replace("csv}", "csv, columns: {when: date}, date_format: \"%Y%m%d\"}")))
        .isEqualTo(
            "the column \"when\" of customers.csv is to be read as date, and 1 of its values are none");
  }

  @Test
  void emptySnapshotAfterAFullOne() {
    bench.write("customers.parquet", "select 1 as customer_id, 'x' as plan", DAY);
    bench.done(PARQUET);
    bench.inputs.clear();
    bench.write("customers.parquet", "select 1 as customer_id, 'x' as plan limit 0", DAY);

    assertThat(bench.refused(PARQUET))
        .isEqualTo(
            "customers.parquet has no rows, and the last snapshot had 1 (allowed: none only after none,"
                + " or with --force)");
  }

  @Test
  void emptyFirstSnapshot_isFine() {
    bench.write("customers.parquet", "select 1 as customer_id, 'x' as plan limit 0", DAY);

    assertThat(bench.done(PARQUET)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
  }

  private String query(String query) {
    return bench.refused(PARQUET.replace("parquet}", "parquet, query: \"" + query + "\"}"));
  }

  @Test
  void queryReadsNothingButTheSource() throws Exception {
    bench.write("customers.parquet", "select 1 as customer_id, 'x' as plan", DAY);
    Path secret = bench.text("secret.csv", "customer_id,plan\n1,secret\n", DAY);

    assertThat(query("select * from read_csv('" + secret + "')")).contains("reads files");
    assertThat(query("select * from '" + secret + "'")).doesNotContain("\nsecret");
    assertThat(query("select * from glob('" + bench.data + "/*')")).contains("reads files");
    assertThat(query("attach '" + secret + "'")).startsWith("the query is not one SELECT");
    assertThat(query("set enable_external_access = true"))
        .startsWith("the query is not one SELECT");
    assertThat(query("select 1; drop table source")).startsWith("the query is not one SELECT");
    assertThat(query("select 1) ; drop table source; select (1"))
        .startsWith("the query is not one SELECT");
    assertThat(query("select nothing from source"))
        .startsWith("the query cannot be run: Referenced column");
    assertThat(query("select customer_id, plan::integer as plan from source"))
        .isEqualTo("the query failed on a row (conversion error)");
  }
}
