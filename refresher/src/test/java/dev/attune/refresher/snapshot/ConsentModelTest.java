package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of what people consented to. */
class ConsentModelTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";
  private static final Identifier JANE = new Identifier("email", "jane@example.org");

  private static final String ROWS =
      """
      name: consents
      kind: consent
      source: {files: consents.csv, format: csv}
      key: {namespace: email, column: email}
      purpose: purpose
      granted: answer
      time: at
      purposes: [marketing, analytics]
      guards: {bad_rows: 50%}
      """;

  private static final String COLUMNS =
      """
      name: consents
      kind: consent
      source: {files: consents.csv, format: csv}
      key: {namespace: email, column: email}
      purposes:
        marketing: marketing
        analytics: {granted: analytics, time: analytics_at}
      time: at
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  /** What Jane's profile serves, with what others said beside it: yes, no, unknown. */
  private Map<String, String> served(Fact... others) {
    FactSet facts = new FactSet().addAll(List.of(others));
    bench.inputs.forEach(
        input -> {
          if (input.via().equals(JANE)) {
            facts.addAll(input.facts());
          }
        });
    Map<String, String> served = new TreeMap<>();
    for (Trait trait :
        Fold.serve(
                "p",
                Facts.newBuilder().addAllFacts(facts.all()).addIdentifiers(JANE.toProto()).build(),
                1,
                Bench.CATALOG)
            .getTraitsList()) {
      Value value = trait.getValue();
      served.put(
          trait.getName(), value.hasNullValue() ? "unknown" : value.getBoolean() ? "yes" : "no");
    }
    return served;
  }

  private static Fact event(boolean granted, String time) {
    return FactSet.fact(
        "consent.marketing",
        "events",
        JANE,
        micros(time),
        Optional.of(Value.newBuilder().setBoolean(granted).build()),
        "event-1");
  }

  private void rows(String modified, String... rows) throws Exception {
    bench.text(
        "consents.csv", "email,purpose,answer,at\n" + String.join("\n", rows) + "\n", modified);
  }

  @Test
  void answers_areTheNewestOfEachPurpose() throws Exception {
    rows(
        DAY_1,
        "Jane@example.org,marketing,no,2026-10-03 10:00:00",
        "jane@example.org ,marketing,yes,2026-10-02 10:00:00",
        "jane@example.org,analytics,Granted,2026-10-01 10:00:00",
        "jane@example.org,analytics,unknown,2026-10-02 10:00:00",
        "joe@example.org,marketing,TRUE,2026-10-01 10:00:00");
    assertThat(bench.done(ROWS)).isEqualTo(new RefreshOutcome.Done(2, 2, 0));

    assertThat(served())
        .isEqualTo(Map.of("consent.marketing", "no", "consent.analytics", "unknown"));
    Fact fact = bench.fact("email:jane@example.org/consent.marketing");
    assertThat(fact.getOccurredAtMicros()).isEqualTo(micros("2026-10-03T10:00:00Z"));
    assertThat(fact.getSource()).isEqualTo("model:consents");
    assertThat(bench.done(ROWS).written()).isZero();
  }

  @Test
  void answersOfOneTime_allowTheLeast() throws Exception {
    rows(
        DAY_1,
        "jane@example.org,marketing,yes,2026-10-01 10:00:00",
        "jane@example.org,marketing,unknown,2026-10-01 10:00:00",
        "jane@example.org,analytics,no,2026-10-01 10:00:00",
        "jane@example.org,analytics,unknown,2026-10-01 10:00:00");
    bench.done(ROWS);
    assertThat(served())
        .isEqualTo(Map.of("consent.marketing", "unknown", "consent.analytics", "no"));
  }

  @Test
  void newestWord_wins_whoeverSaysIt() throws Exception {
    rows(DAY_1, "jane@example.org,marketing,yes,2026-10-01 10:00:00");
    bench.done(ROWS);
    Fact no = event(false, "2026-10-02T10:00:00Z");
    assertThat(served(event(false, "2026-09-30T10:00:00Z"))).containsValue("yes");
    assertThat(served(no)).containsValue("no");

    // The same answer, given again later, is a newer word.
    rows(DAY_2, "jane@example.org,marketing,yes,2026-10-03 10:00:00");
    assertThat(bench.done(ROWS).written()).isEqualTo(1);
    assertThat(served(no)).isEqualTo(Map.of("consent.marketing", "yes"));
  }

  @Test
  void rowThatIsGone_takesBackWhatTheModelSaid_andNoMore() throws Exception {
    rows(
        DAY_1,
        "jane@example.org,marketing,yes,2026-10-03 10:00:00",
        "jane@example.org,analytics,yes,2026-10-03 10:00:00",
        "joe@example.org,marketing,no,2026-10-01 10:00:00");
    bench.done(ROWS);
    Fact no = event(false, "2026-10-02T10:00:00Z");
    assertThat(served(no)).containsEntry("consent.marketing", "yes");

    rows(
        DAY_2,
        "jane@example.org,analytics,yes,2026-10-03 10:00:00",
        "joe@example.org,marketing,no,2026-10-01 10:00:00");
    bench.done(ROWS);
    assertThat(served(no)).isEqualTo(Map.of("consent.marketing", "no", "consent.analytics", "yes"));

    // It comes back as it was, and is as old as it was: not newer than what was said since.
    rows(
        "2026-11-03T00:00:00Z",
        "jane@example.org,marketing,yes,2026-10-03 10:00:00",
        "joe@example.org,marketing,no,2026-10-01 10:00:00");
    bench.done(ROWS);
    assertThat(served(no)).isEqualTo(Map.of("consent.marketing", "yes"));
    assertThat(served(event(false, "2026-10-04T10:00:00Z"))).containsValue("no");
  }

  @Test
  void columns_haveTheirOwnTimes_andNullSaysNothing() throws Exception {
    bench.text(
        "consents.csv",
        """
        email,marketing,at,analytics,analytics_at
        jane@example.org,1,2026-10-01 10:00:00,no,2026-10-02 10:00:00
        joe@example.org,,2026-10-01 10:00:00,yes,
        """,
        DAY_1);
    bench.done(COLUMNS);
    assertThat(served()).isEqualTo(Map.of("consent.marketing", "yes", "consent.analytics", "no"));
    assertThat(bench.fact("email:jane@example.org/consent.analytics").getOccurredAtMicros())
        .isEqualTo(micros("2026-10-02T10:00:00Z"));
    assertThat(bench.folded()).doesNotContainKey("email:joe@example.org/consent.marketing");
    // An answer without a time is as old as the snapshot, and the next snapshot does not renew it.
    assertThat(bench.fact("email:joe@example.org/consent.analytics").getOccurredAtMicros())
        .isEqualTo(micros(DAY_1));
    bench.text(
        "consents.csv",
        """
        email,marketing,at,analytics,analytics_at
        jane@example.org,,2026-10-01 10:00:00,no,2026-10-02 10:00:00
        joe@example.org,,2026-10-01 10:00:00,yes,
        """,
        DAY_2);
    assertThat(bench.done(COLUMNS).written()).isEqualTo(1);
    assertThat(served()).isEqualTo(Map.of("consent.analytics", "no"));
  }

  @Test
  void booleansOfAParquetFile_areAnswers() {
    bench.write(
        "consents.parquet",
        "select * from (values ('jane@example.org', true, false)) t(email, marketing, analytics)",
        DAY_1);
    bench.done(
        COLUMNS
            .replace("consents.csv, format: csv", "consents.parquet, format: parquet")
            .replace("{granted: analytics, time: analytics_at}", "analytics")
            .replace("time: at\n", ""));
    assertThat(served()).isEqualTo(Map.of("consent.marketing", "yes", "consent.analytics", "no"));
  }

  @Test
  void answerThatIsNone_isABadRow_andThePersonKeepsWhatWasSaid() throws Exception {
    rows(
        DAY_1,
        "jane@example.org,marketing,yes,2026-10-01 10:00:00",
        "joe@example.org,marketing,yes,2026-10-01 10:00:00");
    bench.done(ROWS);
    rows(
        DAY_2,
        "jane@example.org,marketing,maybe,2026-10-02 10:00:00",
        "joe@example.org,marketing,no,2026-10-02 10:00:00");
    assertThat(bench.done(ROWS)).isEqualTo(new RefreshOutcome.Done(2, 1, 1));
    assertThat(served()).isEqualTo(Map.of("consent.marketing", "yes"));
    assertThat(bench.letters.getFirst().getReason())
        .contains("trait \"consent.marketing\": an answer is neither yes, no nor unknown")
        .doesNotContain("maybe");
  }

  @Test
  void tableThatIsNone_isRefusedWhole() throws Exception {
    rows(DAY_1, "jane@example.org,marketting,yes,2026-10-01 10:00:00");
    assertThat(bench.refused(ROWS))
        .isEqualTo(
            "the column \"purpose\" of consents.csv names a purpose that the model does not have in"
                + " 1 of 1 rows (allowed: marketing, analytics; a query may leave others out)");
    rows(DAY_1, ",marketing,yes,2026-10-01 10:00:00");
    assertThat(bench.refused(ROWS))
        .isEqualTo(
            "the key column \"email\" of consents.csv is empty in 1 of 1 rows (allowed: a key in"
                + " each)");
    rows(DAY_1, "jane@example.org,marketing,yes,soon");
    assertThat(bench.refused(ROWS)).contains("\"at\" of consents.csv is to be read as timestamp");
    bench.write(
        "consents.parquet",
        "select * from (values ('jane@example.org', 0.5)) t(email, marketing)",
        DAY_1);
    assertThat(
            bench.refused(
                """
                name: consents
                kind: consent
                source: {files: consents.parquet, format: parquet}
                key: {namespace: email, column: email}
                purposes: {marketing: marketing}
                """))
        .isEqualTo(
            "the column \"marketing\" of consents.parquet says what is granted and is of type"
                + " DECIMAL(2,1) (allowed: BOOLEAN, VARCHAR, ENUM, integers)");
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void rollback_bringsBackTheAnswersBefore() throws Exception {
    rows(DAY_1, "jane@example.org,marketing,yes,2026-10-01 10:00:00");
    bench.done(ROWS);
    rows(DAY_2, "jane@example.org,marketing,no,2026-10-02 10:00:00");
    bench.done(ROWS);
    assertThat(served()).containsValue("no");
    bench.refresh(ROWS, new RefreshOptions(false, false, false, "run-2"));
    assertThat(served()).isEqualTo(Map.of("consent.marketing", "yes"));
    bench.refresh(ROWS, new RefreshOptions(false, false, false, "run-1"));
    assertThat(served()).isEmpty();
  }
}
