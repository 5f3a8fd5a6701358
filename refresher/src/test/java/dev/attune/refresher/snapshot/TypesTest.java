package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.at;
import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Value;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TypesTest {
  private static final String DAY = "2026-11-01T00:00:00Z";

  private static final String MODEL =
      """
      name: people
      kind: profiles
      source: {files: people.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      traits: {plan: plan, total: total, orders: orders, active: active, born: born, seen: seen}
      """;

  private static final String ROWS =
      "select * from (values"
          + " ('007', '42', 1.5::double, 3::bigint, true, date '1990-02-03',"
          + "  timestamptz '2026-01-02 03:04:05.123456+00'),"
          + " ('8', 'pro', 2.0, null, false, null, timestamptz '1969-12-31 23:59:59+00'))"
          + " t(id, plan, total, orders, active, born, seen)";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private Map<String, Fact> facts(String file, String format, String query) throws Exception {
    var own = new Bench(directory.resolve(format));
    own.write(file, query, DAY);
    own.done(MODEL.replace("people.parquet", file).replace("parquet}", format + "}"));
    return own.folded();
  }

  @Test
  void csvJsonAndParquet_giveEqualFacts() throws Exception {
    Map<String, Fact> parquet = facts("people.parquet", "parquet", ROWS);

    assertThat(at(parquet, "user_id:007/plan").getValue().getText()).isEqualTo("42");
    assertThat(at(parquet, "user_id:007/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("2026-01-02T03:04:05Z") + 123_456);
    assertThat(at(parquet, "user_id:007/born").getValue().getDateDays())
        .isEqualTo(LocalDate.of(1990, 2, 3).toEpochDay());
    assertThat(at(parquet, "user_id:8/orders").hasValue()).isFalse();
    assertThat(facts("people.csv", "csv", ROWS)).isEqualTo(parquet);
    assertThat(facts("people.json", "json", ROWS)).isEqualTo(parquet);
  }

  @Test
  void everySupportedType_isMapped() {
    String model = MODEL.replace("seen: seen}", "seen: seen, tags: tags, address: address}");
    bench.write(
        "people.parquet",
        "select 5::utinyint as id, 'a'::enum('a', 'b') as plan, 7::hugeint as total,"
            + " 3::decimal(9, 0) as orders, true as active, date '2020-01-01' as born,"
            + " timestamp_ns '2020-01-01 00:00:00' as seen, ['x', null] as tags,"
            + " {'zip': '1', 'city': map {'b': 1.5::decimal(3, 1)}} as address",
        DAY);

    bench.done(model);

    Map<String, Fact> facts = bench.folded();
    assertThat(at(facts, "user_id:5/total").getValue().getNumber()).isEqualTo(7.0);
    assertThat(at(facts, "user_id:5/orders").getValue().getInteger()).isEqualTo(3);
    assertThat(at(facts, "user_id:5/seen").getValue().getTimestampMicros())
        .isEqualTo(micros("2020-01-01T00:00:00Z"));
    Value tags = at(facts, "user_id:5/tags").getValue();
    assertThat(tags.getList().getValues(0).getText()).isEqualTo("x");
    assertThat(tags.getList().getValues(1).getNullValue()).isTrue();
    Value address = at(facts, "user_id:5/address").getValue();
    assertThat(address.getObject().getEntries(0).getKey()).isEqualTo("city");
    assertThat(address.getObject().getEntries(0).getValue().getObject().getEntries(0).getValue())
        .isEqualTo(Value.newBuilder().setNumber(1.5).build());
  }

  private String refusedFor(String column, String trait) {
    bench.write("people.parquet", "select 1 as id, " + column + " as c", DAY);
    return bench.refused(
        MODEL.substring(0, MODEL.indexOf("traits:")) + "traits: {" + trait + ": c}\n");
  }

  @Test
  void unsupportedType_isRefusedWithTraitColumnAndWhatIsAllowed() {
    assertThat(refusedFor("interval 1 day", "plan"))
        .isEqualTo(
            "the trait \"plan\" comes from the column \"c\" of people.parquet, of the unsupported type"
                + " INTERVAL (allowed: BOOLEAN, integers, FLOAT, DOUBLE, DECIMAL, VARCHAR, ENUM, UUID, DATE, TIMESTAMP,"
                + " lists, STRUCT, MAP, JSON)");
    assertThat(refusedFor("'x'::blob", "plan")).contains("unsupported type BLOB");
    assertThat(refusedFor("time '01:02:03'", "plan")).contains("unsupported type TIME");
  }

  @Test
  void anotherTypeThanDeclared_isRefusedNamingBoth() {
    assertThat(refusedFor("date '2020-01-01'", "seen"))
        .isEqualTo(
            "the trait \"seen\" is declared as timestamp, and its column \"c\" of people.parquet"
                + " holds date (DATE)");
    assertThat(refusedFor("1.5::double", "orders"))
        .contains("declared as integer", "holds number (DOUBLE)");
    assertThat(refusedFor("'yes'", "active")).contains("declared as boolean", "holds string");
  }

  @Test
  void integerBeyond64Bits_isRefused() {
    assertThat(refusedFor("18446744073709551615::ubigint", "orders"))
        .isEqualTo(
            "the trait \"orders\" has 1 values in the column \"c\" of people.parquet (UBIGINT) that exceed"
                + " 64 bits (allowed: none)");
  }

  @Test
  void columnWithoutAnyValue_fitsEveryType() {
    bench.write("people.parquet", "select 1 as id, null::blob as c", DAY);

    bench.done(MODEL.substring(0, MODEL.indexOf("traits:")) + "traits: {plan: c}\n");

    assertThat(bench.fact("user_id:1/plan").hasValue()).isFalse();
  }

  @Test
  void notFinite_isABadRow() {
    bench.write(
        "people.parquet",
        "select i as id, if(i = 2, 'nan', i::varchar)::double as total,"
            + " if(i = 3, 'infinity'::timestamp, timestamp '2020-01-01') as seen from range(100) r(i)",
        DAY);

    bench.done(
        MODEL.substring(0, MODEL.indexOf("traits:")) + "traits: {total: total, seen: seen}\n");

    assertThat(bench.letters)
        .extracting(letter -> letter.getReason().replaceAll("\\(.*?\\)", "()"))
        .containsExactly(
            "model people, row 3 (): trait \"total\": a number is not finite ()",
            "model people, row 4 (): trait \"seen\": a timestamp is infinite");
  }
}
