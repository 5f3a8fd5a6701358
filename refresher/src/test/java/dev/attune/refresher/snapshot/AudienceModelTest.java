package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.HiddenFacts;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables of an audience's members. */
class AudienceModelTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";

  private static final String MODEL =
      """
      name: churn-risk
      kind: audience
      source: {files: churn.csv, format: csv}
      key: {namespace: user_id, column: id}
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  /** Since when who is a member, microseconds. */
  private Map<String, Long> members() {
    Map<String, Long> members = new TreeMap<>();
    for (Fact fact : bench.folded().values()) {
      Facts facts = Facts.newBuilder().addFacts(fact).addIdentifiers(fact.getVia()).build();
      HiddenFacts.memberSince(facts)
          .forEach((audience, since) -> members.put(fact.getVia().getValue(), since));
    }
    return members;
  }

  @Test
  void rows_areMembers_untilTheyAreGone() throws Exception {
    bench.text("churn.csv", "id,score\n007,0.9\n8,0.8\n", DAY_1);
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(2, 2, 0));
    assertThat(members()).isEqualTo(Map.of("007", 0L, "8", 0L));
    assertThat(bench.fact("user_id:007/#member").getSource()).isEqualTo("model:churn-risk");

    // Another score is no change of who belongs.
    bench.text("churn.csv", "id,score\n007,0.7\n9,0.8\n", DAY_2);
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(2, 2, 0));
    assertThat(members().keySet()).containsExactly("007", "9");
  }

  @Test
  void since_isAColumn_andMayBeEmpty() throws Exception {
    String model = MODEL + "since: from\n";
    bench.text("churn.csv", "id,from\n1,2026-10-01\n2,\n3,2026-10-02\n", DAY_1);
    bench.done(model);
    assertThat(members())
        .isEqualTo(
            Map.of(
                "1", micros("2026-10-01T00:00:00Z"), "2", 0L, "3", micros("2026-10-02T00:00:00Z")));

    bench.text("churn.csv", "id,from\n1,2026-10-01\n2,\n3,2026-10-05\n", DAY_2);
    RefreshOutcome.Compared compared =
        Bench.compared(bench.refresh(model, new RefreshOptions(true, false, false, "")));
    assertThat(compared.differences().cells()).isEqualTo(Map.of("since", 1L));
    assertThat(bench.done(model).written()).isEqualTo(1);
    assertThat(members()).containsEntry("3", micros("2026-10-05T00:00:00Z"));
  }

  @Test
  void guards_areThoseOfAnySnapshot() throws Exception {
    bench.text("churn.csv", "id\n1\n2\n3\n4\n", DAY_1);
    bench.done(MODEL);
    bench.text("churn.csv", "id\n1\n", DAY_2);
    assertThat(bench.refused(MODEL + "guards: {rows_off: 30%}\n"))
        .isEqualTo(
            "churn.csv has 1 rows, and the last snapshot had 4: 75 % off (allowed: 30 % by rows_off,"
                + " or any with --force)");
    bench.text("churn.csv", "id\n", DAY_2);
    assertThat(bench.refused(MODEL)).contains("has no rows, and the last snapshot had 4");
    bench.text("churn.csv", "id\n1\n1\n", DAY_2);
    assertThat(bench.refused(MODEL)).contains("stand in more than one row");
    assertThat(bench.refused(MODEL + "since: from\n")).contains("has no column \"from\"");
    bench.text("churn.csv", "id,from\n1,soon\n", DAY_2);
    assertThat(bench.refused(MODEL + "since: from\n"))
        .isEqualTo(
            "the column \"from\" of churn.csv is to be read as timestamp, and 1 of its values are"
                + " none");
    assertThat(members()).hasSize(4);
  }

  @Test
  void rollbackOfTheFirstRun_takesEveryoneOut() throws Exception {
    bench.text("churn.csv", "id\n1\n2\n", DAY_1);
    bench.done(MODEL);
    assertThat(bench.refresh(MODEL, new RefreshOptions(false, false, false, "run-1")))
        .isEqualTo(new RefreshOutcome.Done(0, 2, 0));
    assertThat(members()).isEmpty();
    // The next refresh reads the file again.
    assertThat(bench.done(MODEL).written()).isEqualTo(2);
    assertThat(members()).hasSize(2);
  }
}
