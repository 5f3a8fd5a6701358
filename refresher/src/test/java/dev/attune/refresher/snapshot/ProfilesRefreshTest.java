package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.at;
import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Snapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilesRefreshTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";
  private static final String DAY_3 = "2026-11-03T00:00:00Z";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      identifiers:
        - {namespace: email, column: email}
      traits: {plan: plan, orders: orders}
      """;

  private static final String FIRST =
      "select * from (values (1, 'A@x.example', 'free', 1), (2, 'b@x.example', 'pro', 2),"
          + " (3, null, null, 3)) t(id, email, plan, orders)";

  private static final String SECOND =
      "select * from (values (1, 'a@x.example', 'free', 1), (2, 'b@x.example', null, 7),"
          + " (4, null, 'pro', 4)) t(id, email, plan, orders)";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  @Test
  void firstRun_writesEveryRowWithItsLinksAndTheFilesTime() {
    bench.write("customers.parquet", FIRST, DAY_1);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 0));

    Map<String, Fact> facts = bench.folded();
    assertThat(at(facts, "user_id:1/plan").getValue().getText()).isEqualTo("free");
    assertThat(at(facts, "user_id:2/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(at(facts, "user_id:3/plan").hasValue()).isFalse();
    assertThat(facts.values())
        .allSatisfy(
            fact -> {
              assertThat(fact.getSource()).isEqualTo("model:customers");
              assertThat(fact.getOrigin()).isEmpty();
              assertThat(fact.getOccurredAtMicros()).isEqualTo(micros(DAY_1));
            });
    assertThat(bench.links()).hasSize(2);
    assertThat(bench.links().getFirst().getA().getValue()).isEqualTo("a@x.example");
    assertThat(bench.links().getFirst().getOrigin()).isEqualTo("model:customers");
    assertThat(bench.inputs.getFirst().cause().getRow().getRunId()).isEqualTo("run-1");
  }

  @Test
  void unchangedSnapshot_writesNothing() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    bench.inputs.clear();
    // The same rows in another order and of a later time: no cell changed.
    bench.write("customers.parquet", FIRST + " order by id desc", DAY_2);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 0, 0));
    assertThat(bench.inputs).isEmpty();
  }

  @Test
  void laterSnapshot_writesOnlyWhatWasAddedChangedOrRemoved() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, Fact> before = bench.folded();
    bench.inputs.clear();
    bench.write("customers.parquet", SECOND, DAY_2);

    // Row 1 differs in the case of its e-mail alone, which is no difference.
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 0));

    Map<String, Fact> facts = bench.folded();
    assertThat(facts.keySet())
        .containsExactly(
            "user_id:2/orders",
            "user_id:2/plan",
            "user_id:3/orders",
            "user_id:3/plan",
            "user_id:4/orders",
            "user_id:4/plan");
    assertThat(at(facts, "user_id:2/plan").hasValue()).isFalse();
    assertThat(at(facts, "user_id:2/plan").getOccurredAtMicros()).isEqualTo(micros(DAY_2));
    assertThat(at(facts, "user_id:2/orders").getValue().getInteger()).isEqualTo(7);
    assertThat(at(facts, "user_id:3/orders").hasValue()).isFalse();
    assertThat(at(facts, "user_id:3/orders").getOccurredAtMicros()).isEqualTo(micros(DAY_2));
    // A cell that did not change keeps its stamp, also when it stands in a changed row.
    assertThat(at(facts, "user_id:3/plan")).isEqualTo(at(before, "user_id:3/plan"));
    assertThat(at(facts, "user_id:4/plan").getValue().getText()).isEqualTo("pro");
  }

  @Test
  void changedCell_isNewerThanTheOneItReplaces_evenInAnOlderFile() {
    bench.write("customers.parquet", FIRST, DAY_2);
    bench.done(MODEL);
    bench.write("customers.parquet", SECOND, DAY_1);
    bench.done(MODEL);

    Map<String, Fact> facts = bench.folded();
    assertThat(at(facts, "user_id:2/orders").getValue().getInteger()).isEqualTo(7);
    assertThat(at(facts, "user_id:2/orders").getOccurredAtMicros()).isEqualTo(micros(DAY_2) + 1);
    assertThat(at(facts, "user_id:3/orders").hasValue()).isFalse();
  }

  @Test
  void rowThatComesBackUnchanged_isNewerThanItsRemoval() {
    String model = MODEL.replace("traits:", "updated_at: at\ntraits:");
    String rows =
        "select 1 as id, null as email, 'pro' as plan, 1 as orders, timestamp '2026-01-01' as at";
    String two = rows + " union all select 2, null, 'free', 2, timestamp '2026-01-02'";
    bench.write("customers.parquet", two, DAY_1);
    bench.done(model);
    assertThat(bench.fact("user_id:2/plan").getOccurredAtMicros())
        .isEqualTo(micros("2026-01-02T00:00:00Z"));

    bench.write("customers.parquet", rows, DAY_2);
    bench.done(model);
    assertThat(bench.fact("user_id:2/plan").hasValue()).isFalse();
    assertThat(bench.fact("user_id:2/plan").getOccurredAtMicros()).isEqualTo(micros(DAY_2));

    // Its own time says January: without a look at its removal the profile would stay empty.
    bench.write("customers.parquet", two, DAY_3);
    bench.done(model);
    assertThat(bench.fact("user_id:2/plan").getValue().getText()).isEqualTo("free");
    assertThat(bench.fact("user_id:2/plan").getOccurredAtMicros()).isEqualTo(micros(DAY_2) + 1);
  }

  @Test
  void cell_namesTheSnapshotThatBroughtIt_notTheOneThatWroteItAgain() {
    String model = MODEL.replace("traits:", "updated_at: at\ntraits:");
    String rows =
        "select 1 as id, null as email, 'pro' as plan, %d as orders, timestamp '2026-01-0%d' as at";
    bench.write("customers.parquet", rows.formatted(1, 1), DAY_1);
    bench.done(model);
    assertThat(bench.fact("user_id:1/plan").getSnapshot())
        .isEqualTo(
            Snapshot.newBuilder().setRunId("run-1").setDataTimeMicros(micros(DAY_1)).build());
    bench.write("customers.parquet", rows.formatted(1, 1), DAY_2);
    bench.done(model);

    // From here on without what was written before: it must be known without a profile.
    bench.inputs.clear();
    bench.write("customers.parquet", rows.formatted(2, 3), DAY_3);
    bench.done(model);
    assertThat(bench.fact("user_id:1/plan").getSnapshot().getRunId()).isEqualTo("run-1");
    assertThat(bench.fact("user_id:1/orders").getSnapshot())
        .isEqualTo(
            Snapshot.newBuilder().setRunId("run-3").setDataTimeMicros(micros(DAY_3)).build());

    bench.inputs.clear();
    bench.done(model.replace("plan: plan, ", ""));
    assertThat(bench.fact("user_id:1/plan").hasValue()).isFalse();
    assertThat(bench.fact("user_id:1/plan").getSnapshot().getRunId()).isEqualTo("run-4");
    assertThat(bench.fact("user_id:1/orders").getSnapshot().getRunId()).isEqualTo("run-3");
  }

  @Test
  void stateOfTheFirstFormat_isGoneOnFrom_withoutSnapshotsThatNobodyNoted() throws Exception {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, Fact> before = bench.folded();
    asOfTheFirstFormat(bench.unleased("customers"));
    bench.inputs.clear();
    bench.write("customers.parquet", SECOND, DAY_2);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 0));

    assertThat(bench.fact("user_id:2/orders").getSnapshot().getRunId()).isEqualTo("run-2");
    assertThat(bench.fact("user_id:3/plan"))
        .isEqualTo(at(before, "user_id:3/plan").toBuilder().clearSnapshot().build());
    bench.inputs.clear();
    assertThat(bench.done(MODEL).written()).isZero();
  }

  private static void asOfTheFirstFormat(Path file) throws Exception {
    Path old = file.resolveSibling("old.parquet");
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      String mapping;
      try (var meta =
          statement.executeQuery(
              "select decode(value) from parquet_kv_metadata('"
                  + file
                  + "') where decode(key) = 'attune'")) {
        meta.next();
        mapping = meta.getString(1).replaceAll(".*\"mapping\":\"([^\"]*)\".*", "$1");
      }
      statement.execute(
          "copy (select * exclude (nt0, nt1) from read_parquet('"
              + file
              + "')) to '"
              + old
              + "' (format parquet, kv_metadata {attune: '{\"format\":1,\"mapping\":\""
              + mapping
              + "\",\"identifiers\":[\"email#1\"],\"traits\":[\"plan\",\"orders\"]}'})");
    }
    Files.move(old, file, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void declaredDataTime_isTheStamp() {
    bench.write("customers.parquet", FIRST, DAY_2);
    bench.done(MODEL + "data_time: " + DAY_1 + "\n");

    assertThat(bench.fact("user_id:1/plan").getOccurredAtMicros()).isEqualTo(micros(DAY_1));
  }

  @Test
  void changedMapping_writesAllAgainAndRemovesWhatItNoLongerMaps() {
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    Map<String, Fact> before = bench.folded();
    bench.inputs.clear();
    bench.write("customers.parquet", FIRST, DAY_2);

    assertThat(bench.done(MODEL.replace("plan: plan, ", "")).written()).isEqualTo(3);

    Map<String, Fact> facts = bench.folded();
    assertThat(at(facts, "user_id:1/plan").hasValue()).isFalse();
    assertThat(at(facts, "user_id:1/plan").getOccurredAtMicros()).isEqualTo(micros(DAY_2));
    assertThat(at(facts, "user_id:1/orders")).isEqualTo(at(before, "user_id:1/orders"));
  }

  @Test
  void crashBetweenChunks_isMadeGoodByTheNextRun() {
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    bench.write("customers.parquet", SECOND, DAY_2);
    bench.inputsUntilFailure = 1;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");

    bench.inputsUntilFailure = Long.MAX_VALUE;
    assertThat(bench.done(MODEL).written()).isEqualTo(3);

    assertThat(bench.foldedOfAnyRun()).isEqualTo(uncrashed(List.of(FIRST, SECOND)));
    bench.inputs.clear();
    assertThat(bench.done(MODEL).written()).isZero();
  }

  @Test
  void crashAndThenAnotherSnapshot_leavesNothingOfTheOneBetween() {
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.inputsUntilFailure = 2;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");

    // Rows 1 and 2 were written, and now 1 is gone: nobody but the half-done run knows of it.
    bench.inputsUntilFailure = Long.MAX_VALUE;
    String later = SECOND.replace("(1, 'a@x.example', 'free', 1), ", "");
    bench.write("customers.parquet", later, DAY_2);
    bench.done(MODEL);

    assertThat(bench.fact("user_id:1/plan").hasValue()).isFalse();
    assertThat(bench.foldedOfAnyRun()).isEqualTo(uncrashed(List.of(FIRST, later)));
  }

  @Test
  void rowThatIsBadAfterACrash_isCompletedAsTheCrashedRunHadIt() {
    bench.badRowShareMax = 1;
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    bench.write("customers.parquet", SECOND, DAY_2);
    bench.inputsUntilFailure = 0;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");

    bench.inputsUntilFailure = Long.MAX_VALUE;
    String bad = SECOND.replace("'b@x.example'", "repeat('x', 300)");
    bench.write("customers.parquet", bad, DAY_3);
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 1));

    // Were its orders taken for written, no later run would find a difference.
    assertThat(bench.fact("user_id:2/orders").getValue().getInteger()).isEqualTo(7);
    assertThat(bench.foldedOfAnyRun()).isEqualTo(uncrashed(List.of(FIRST, SECOND)));

    bench.write("customers.parquet", SECOND, DAY_3);
    assertThat(bench.done(MODEL).written()).isZero();
  }

  @Test
  void rowThatIsBadAfterACrashAndThenAsItOnceWas_isWrittenAgain() {
    bench.badRowShareMax = 1;
    bench.chunkRows = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.done(MODEL);
    String second = FIRST.replace("'pro', 2", "'pro', 7").replace("null, 3", "null, 4");
    bench.write("customers.parquet", second, DAY_2);
    bench.inputsUntilFailure = 1;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");
    bench.inputsUntilFailure = Long.MAX_VALUE;
    assertThat(bench.fact("user_id:2/orders").getValue().getInteger()).isEqualTo(7);

    bench.write("customers.parquet", second.replace("'pro'", "repeat('x', 40000)"), DAY_2);
    bench.done(MODEL);
    bench.write("customers.parquet", FIRST, DAY_3);
    bench.done(MODEL);

    assertThat(bench.fact("user_id:2/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(bench.fact("user_id:3/orders").getValue().getInteger()).isEqualTo(3);
  }

  @Test
  void keptIdentifierThatTheCatalogNoLongerTakes_isLeftOutOfTheRow() {
    bench.badRowShareMax = 1;
    bench.write("customers.parquet", FIRST, DAY_1);
    bench.inputsUntilFailure = 0;
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");

    bench.inputsUntilFailure = Long.MAX_VALUE;
    bench.catalog =
        Bench.catalog(Bench.CATALOG_YAML.replace("email: {", "email: {blocked: [b@x.example], "));
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 1));

    assertThat(bench.fact("user_id:2/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(bench.links()).hasSize(1);
  }

  @Test
  void passingFaultOfTheStore_doesNotFailTheRun() {
    bench.faults = 2;
    bench.write("customers.parquet", FIRST, DAY_1);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(3, 3, 0));
    assertThat(bench.inputs).hasSize(3);
  }

  private Map<String, Fact> uncrashed(List<String> snapshots) {
    try {
      var other = new Bench(Files.createTempDirectory(directory, "other"));
      String day = DAY_1;
      for (String snapshot : snapshots) {
        other.write("customers.parquet", snapshot, day);
        other.done(MODEL);
        day = DAY_2;
      }
      return other.foldedOfAnyRun();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void badRows_becomeDeadLettersAndKeepWhatTheySaidBefore() {
    String good =
        "select i as id, null::varchar as email, 'free' as plan, i as orders from range(1, 101) r(i)";
    bench.write("customers.parquet", good, DAY_1);
    bench.done(MODEL);
    bench.inputs.clear();
    bench.write(
        "customers.parquet",
        "select * replace (case when id = 7 then repeat('secret', 10000) when id = 8 then 'pro' else"
            + " plan end as plan) from ("
            + good
            + ")",
        DAY_2);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(100, 1, 1));

    assertThat(bench.folded().keySet()).containsExactly("user_id:8/orders", "user_id:8/plan");
    assertThat(bench.letters).hasSize(1);
    assertThat(bench.letters.getFirst().getPart()).isEqualTo("refresher");
    assertThat(bench.letters.getFirst().getReason())
        .startsWith("model customers, row 7 (key digest ")
        .endsWith("): trait \"plan\": a value is longer than 32768 bytes");
    assertThat(bench.letters.getFirst().getValue().toStringUtf8())
        .startsWith("{\"id\":7,\"email\":null,\"plan\":\"secret");

    // Put right, it is a row like any other; its plan never left the profile.
    bench.inputs.clear();
    bench.write("customers.parquet", good.replace("'free'", "if(i = 8, 'pro', 'free')"), DAY_3);
    assertThat(bench.done(MODEL).written()).isZero();
  }

  @Test
  void badIdentifier_isABadRow() {
    bench.write(
        "customers.parquet",
        "select if(i = 3, 'unknown', i::varchar) as id, if(i = 4, repeat('x', 300), null) as email,"
            + " 'free' as plan, i as orders from range(100) r(i)",
        DAY_1);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(100, 98, 2));
    assertThat(bench.letters.get(0).getReason())
        .contains("column \"id\": value: blocked by the catalog");
    assertThat(bench.letters.get(1).getReason()).contains("column \"email\": value: length 300");
  }

  @Test
  void tooManyBadRows_refuseTheRunBeforeAnythingIsWritten() {
    bench.write(
        "customers.parquet",
        "select i as id, if(i < 6, repeat('x', 300), null) as email, 'free' as plan, i as orders"
            + " from range(100) r(i)",
        DAY_1);

    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "6 of 100 rows of customers.parquet cannot be taken (allowed: 5 % by bad_rows, or more with"
                + " --force); the first is row 1: column \"email\": value:"
                + " length 300 (expected: 1-256)");
    assertThat(bench.inputs).isEmpty();
    assertThat(bench.letters).isEmpty();
  }

  @Test
  void query_makesTheRows() throws Exception {
    bench.text("orders.csv", "customer;amount\n01;1.5\n01;2.5\n2;7\n", DAY_1);

    bench.done(
        """
        name: totals
        kind: profiles
        source:
          files: orders.csv
          format: csv
          columns: {customer: string}
          query: |
            select customer, count(*) as orders, sum(amount) as total
            from source group by customer; -- the totals
        key: {namespace: user_id, column: customer}
        traits: {orders: orders, total: total}
        """);

    assertThat(bench.fact("user_id:01/orders").getValue().getInteger()).isEqualTo(2);
    assertThat(bench.fact("user_id:01/total").getValue().getNumber()).isEqualTo(4.0);
  }
}
