package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures that refuse a snapshot whole, and force, which lets them pass and is remembered. */
class GuardsTest {
  private static final String DAY = "2026-11-01T00:00:00Z";
  private static final RefreshOptions FORCE = new RefreshOptions(false, false, true, "");

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      traits: {plan: plan}
      """;

  @TempDir Path directory;
  private Bench bench;
  private final List<String> overruled = new ArrayList<>();

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private void rows(int count) {
    bench.write(
        "customers.parquet", "select i as id, 'free' as plan from range(" + count + ") r(i)", DAY);
  }

  private RefreshOutcome.Done forced(String model) {
    return Bench.done(
        bench.refresh(
            model,
            FORCE,
            new NoProgress() {
              @Override
              public void overruled(String guard) {
                overruled.add(guard);
              }
            }));
  }

  @Test
  void moreThanHalfOfTheRowsGone_isRefusedWithTheFigures() {
    rows(100);
    bench.done(MODEL);
    bench.inputs.clear();
    rows(49);

    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "customers.parquet has 49 rows, and the last snapshot had 100: 51 % off (allowed: 50 % by"
                + " rows_off, or any with --force)");
    assertThat(bench.inputs).isEmpty();

    assertThat(forced(MODEL)).isEqualTo(new RefreshOutcome.Done(49, 51, 0));
    assertThat(overruled).singleElement().asString().startsWith("customers.parquet has 49 rows");
    rows(50);
    assertThat(bench.done(MODEL).written()).isEqualTo(1);
  }

  @Test
  void moreRowsThanAllowed_areRefused() {
    rows(100);
    bench.done(MODEL);
    rows(151);
    assertThat(bench.refused(MODEL)).contains("has 151 rows", "51 % off (allowed: 50 %");
    rows(150);
    assertThat(bench.done(MODEL).written()).isEqualTo(50);
  }

  @Test
  void smallTable_isComparedWhereTheModelSaysHow() {
    rows(10);
    bench.done(MODEL);
    rows(13);
    String strict = MODEL + "guards: {rows_off: 20%}\n";
    assertThat(bench.refused(strict)).contains("30 % off (allowed: 20 % by rows_off");
    rows(99);
    assertThat(bench.done(MODEL).written()).isEqualTo(89);
  }

  @Test
  void emptySnapshot_isTakenByForceAlone() {
    rows(3);
    bench.done(MODEL);
    rows(0);
    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "customers.parquet has no rows, and the last snapshot had 3 (allowed: none only after none,"
                + " or with --force)");
    assertThat(forced(MODEL)).isEqualTo(new RefreshOutcome.Done(0, 3, 0));
    assertThat(bench.fact("user_id:1/plan").hasValue()).isFalse();
  }

  @Test
  void badRows_areAllowedAsTheModelSays() {
    bench.write(
        "customers.parquet",
        "select i as id, if(i < 2, repeat('x', 40000), 'free') as plan from range(100) r(i)",
        DAY);
    assertThat(bench.refused(MODEL + "guards: {bad_rows: 1.5%}\n"))
        .startsWith(
            "2 of 100 rows of customers.parquet cannot be taken (allowed: 1.5 % by bad_rows, or more"
                + " with --force); the first is row 1: trait \"plan\"")
        .doesNotContain("xxx");
    assertThat(bench.letters).isEmpty();
    assertThat(forced(MODEL + "guards: {bad_rows: 0%}\n"))
        .isEqualTo(new RefreshOutcome.Done(100, 98, 2));
    assertThat(bench.letters).hasSize(2);
    assertThat(overruled).singleElement().asString().contains("allowed: 0 %");
  }

  @Test
  void keyOfAnotherType_isRefused() {
    bench.write(
        "customers.parquet",
        "select lpad(i::varchar, 5, '0') as id, 'x' as plan from range(9) r(i)",
        DAY);
    bench.done(MODEL);
    bench.inputs.clear();
    rows(9);
    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "the column \"id\" of customers.parquet holds integer, and in the"
                + " last snapshot it held string (allowed: string, or both with --force)");
    assertThat(bench.inputs).isEmpty();
    assertThat(forced(MODEL)).isEqualTo(new RefreshOutcome.Done(9, 18, 0));
  }

  @Test
  void timesThatLostTheirZone_areRefused() {
    String model = MODEL.replace("traits: {", "traits: {seen: seen, ");
    bench.write("customers.parquet", people("timestamptz '2026-03-01 10:00:00+01'"), DAY);
    bench.done(model);
    bench.inputs.clear();
    bench.write("customers.parquet", people("timestamp '2026-03-01 10:00:00'"), DAY);
    assertThat(bench.refused(model))
        .isEqualTo(
            "the column \"seen\" of customers.parquet holds timestamp, and in the last snapshot it held"
                + " timestamp with time zone (allowed: timestamp with time zone, or both with --force)");
    assertThat(bench.inputs).isEmpty();
    assertThat(forced(model)).isEqualTo(new RefreshOutcome.Done(9, 9, 0));
    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(9, 0, 0));
  }

  private static String people(String seen) {
    return "select i as id, 'x' as plan, " + seen + " as seen from range(9) r(i)";
  }
}
