package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.micros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.identity.Links;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Link;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of identifiers and whose they are: each row links, and takes its link back. */
class IdentityRefreshTest {
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";
  private static final String DAY_3 = "2026-11-03T00:00:00Z";

  private static final String MODEL =
      """
      name: people
      kind: identity
      source: {files: people.parquet, format: parquet}
      identifier: {namespace: email, column: email}
      person: {namespace: user_id, column: person}
      guards: {rows_off: 1000%}
      """;

  private static final String MIXED =
      MODEL.replace(
          "{namespace: email, column: email}", "{namespace: {column: kind}, column: email}");

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private static String rows(String... pairs) {
    List<String> rows = new ArrayList<>(List.of("('always', 'p0')"));
    for (String pair : pairs) {
      String[] parts = pair.split(" ", -1);
      rows.add(
          "('%s', %s)".formatted(parts[0], parts[1].equals("-") ? "null" : "'" + parts[1] + "'"));
    }
    return "select * from (values " + String.join(", ", rows) + ") t(email, person)";
  }

  /** What the inputs came to, by pair. */
  private static Map<String, Link> said(Bench bench) {
    Map<String, Link> said = new TreeMap<>();
    bench
        .links()
        .forEach(
            link ->
                said.merge(
                    link.getA().getValue() + " " + link.getB().getValue(), link, Links::stronger));
    return said;
  }

  /** Whose is whose, and since when. */
  private static Map<String, Long> inForce(Bench bench) {
    Map<String, Long> inForce = new TreeMap<>();
    said(bench)
        .forEach(
            (pair, link) -> {
              if (!link.getRemoved()) {
                inForce.put(pair, link.getOccurredAtMicros());
              }
            });
    inForce.remove("always p0");
    return inForce;
  }

  @Test
  void firstRun_linksEachIdentifierWithItsPerson() {
    bench.write("people.parquet", rows("A@x p1", "b@x p1", "c@x -"), DAY_1);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(4, 4, 0));

    assertThat(inForce(bench)).isEqualTo(Map.of("a@x p1", micros(DAY_1), "b@x p1", micros(DAY_1)));
    assertThat(bench.links())
        .allSatisfy(
            link -> {
              assertThat(link.getSource()).isEqualTo("model:people");
              assertThat(link.getOrigin()).isEqualTo("model:people");
              assertThat(link.getSplit()).isFalse();
            });
    assertThat(bench.inputs).allSatisfy(input -> assertThat(input.facts()).isEmpty());
    assertThat(bench.inputs.getFirst().cause().getRow().getModel()).isEqualTo("people");
  }

  @Test
  void laterSnapshot_takesBackWhatARowNoLongerSays_andNothingElse() {
    bench.write("people.parquet", rows("a@x p1", "b@x p1", "c@x p2", "d@x p2"), DAY_1);
    bench.done(MODEL);
    bench.inputs.clear();
    bench.write("people.parquet", rows("a@x p2", "c@x p2", "d@x -"), DAY_2);

    // One moved, one is gone, one is nobody's any more; one is as it was.
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(4, 3, 0));

    assertThat(inForce(bench)).isEqualTo(Map.of("a@x p2", micros(DAY_2)));
    List<Link> removed = bench.links().stream().filter(Link::getRemoved).toList();
    assertThat(removed)
        .extracting(link -> link.getA().getValue() + " " + link.getB().getValue())
        .containsExactlyInAnyOrder("a@x p1", "b@x p1", "d@x p2");
    assertThat(removed)
        .allSatisfy(link -> assertThat(link.getOccurredAtMicros()).isEqualTo(micros(DAY_2)));
    bench.inputs.clear();
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(4, 0, 0));
  }

  // As the documentation has it: the table of the profiles says whose each address is, too.
  @Test
  void addressThatChangesHands_isTheOther_whereAModelOfIdentitiesSaysWhose() {
    String profiles =
        """
        name: customers
        kind: profiles
        source: {files: people.parquet, format: parquet}
        key: {namespace: user_id, column: person}
        traits: {plan: plan}
        """;
    String customers =
        "select * from (values ('always', 'p0', 'free'), ('a@x', '%s', 'pro'), ('%s', '%s', 'pro'))"
            + " t(email, person, plan)";
    bench.write("people.parquet", customers.formatted("p1", "b@x", "p2"), DAY_1);
    bench.done(profiles);
    bench.done(MODEL);
    assertThat(inForce(bench)).containsOnlyKeys("a@x p1", "b@x p2");
    bench.write("people.parquet", customers.formatted("p2", "c@x", "p1"), DAY_2);

    bench.done(profiles);
    bench.done(MODEL);

    assertThat(inForce(bench)).containsOnlyKeys("a@x p2", "c@x p1");
    assertThat(bench.links()).allSatisfy(link -> assertThat(link.getSource()).isNotEmpty());
  }

  @Test
  void rowThatComesBack_isNewerThanItsRemoval() {
    bench.write("people.parquet", rows("a@x p1"), DAY_2);
    bench.done(MODEL);
    // An older file, too: what it says is still said later.
    bench.write("people.parquet", rows(), DAY_1);
    bench.done(MODEL);
    assertThat(inForce(bench)).isEmpty();
    bench.write("people.parquet", rows("a@x p1"), DAY_1);
    bench.done(MODEL);

    assertThat(inForce(bench)).isEqualTo(Map.of("a@x p1", micros(DAY_2) + 2));
  }

  @Test
  void namespaceOfEachRow_isTheCatalogs_andOthersAreBadRows() {
    bench.badRowShareMax = 1;
    bench.write(
        "people.parquet",
        "select * from (values ('email', 'A@x', 'p1'), ('anonymous_id', 'A@x', 'p1'),"
            + " ('phone', '123', 'p1'), (null, '124', 'p1'), ('email', 'b@x', 'unknown'))"
            + " t(kind, email, person)",
        DAY_1);

    assertThat(bench.done(MIXED)).isEqualTo(new RefreshOutcome.Done(5, 2, 3));

    assertThat(bench.links())
        .extracting(link -> link.getA().getNamespace() + ":" + link.getA().getValue())
        .containsExactlyInAnyOrder("email:a@x", "anonymous_id:A@x");
    assertThat(bench.letters)
        .extracting(DeadLetter::getReason)
        .allSatisfy(reason -> assertThat(reason).doesNotContain("123", "124", "b@x"))
        .anySatisfy(reason -> assertThat(reason).contains("namespace: unknown (allowed: user_id"))
        .anySatisfy(reason -> assertThat(reason).contains("column \"person\": value: blocked"));
    bench.inputs.clear();
    assertThat(bench.done(MIXED).written()).isZero();
  }

  @Test
  void groups_areNobodysIdentifiers() {
    bench.catalog = Bench.catalog(Bench.CATALOG_YAML.replace("traits:", "  group_id: {}\ntraits:"));
    bench.badRowShareMax = 1;
    bench.write(
        "people.parquet",
        "select * from (values ('email', 'a@x', 'p1'), ('group_id', 'g', 'p1'))"
            + " t(kind, email, person)",
        DAY_1);

    assertThat(bench.done(MIXED)).isEqualTo(new RefreshOutcome.Done(2, 1, 1));
    assertThat(bench.letters.getFirst().getReason())
        .contains("column \"kind\": groups are no people (allowed: other namespaces)");
  }

  @Test
  void runsThatDidNotEnd_leaveNoLinkThatNobodyTakesBack() {
    bench.chunkRows = 1;
    bench.write("people.parquet", rows("a@x p1"), DAY_1);
    bench.done(MODEL);
    // The first of them got as far as the row, the second did not.
    bench.write("people.parquet", rows("a@x p2"), DAY_2);
    bench.killAfter = 0;
    assertThatThrownBy(() -> bench.refresh(MODEL)).isInstanceOf(Bench.KilledError.class);
    bench.killAfter = Integer.MAX_VALUE;
    bench.inputsUntilFailure = 0;
    bench.write("people.parquet", rows("a@x p3"), DAY_3);
    assertThatThrownBy(() -> bench.refresh(MODEL)).hasMessage("the store is away");
    assertThat(inForce(bench).keySet()).contains("a@x p2");
    bench.inputsUntilFailure = Long.MAX_VALUE;
    bench.write("people.parquet", rows("a@x p4"), "2026-11-04T00:00:00Z");

    bench.done(MODEL);

    assertThat(inForce(bench)).containsOnlyKeys("a@x p4");
  }

  @Test
  void rollback_linksAsBefore() {
    bench.write("people.parquet", rows("a@x p1", "b@x p1"), DAY_1);
    bench.done(MODEL);
    bench.write("people.parquet", rows("a@x p2"), DAY_2);
    bench.done(MODEL);

    Bench.done(bench.refresh(MODEL, new RefreshOptions(false, false, false, "run-2")));

    assertThat(inForce(bench)).containsOnlyKeys("a@x p1", "b@x p1");
  }

  @Test
  void crashesAnywhere_leaveTheLinksOfRunsThatWereNotKilled() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int sequence = 0; sequence < 8; sequence++) {
      var calm = new Bench(directory.resolve("calm-" + sequence));
      var crashing = new Bench(directory.resolve("crashing-" + sequence));
      crashing.chunkRows = 1;
      for (int day = 1; day <= 5; day++) {
        String rows = regrouped(random);
        String modified = "2026-11-0" + day + "T00:00:00Z";
        calm.write("people.parquet", rows, modified);
        crashing.write("people.parquet", rows, modified);
        long changed = calm.done(MODEL).written();
        if (changed > 0 && day < 5 && random.nextBoolean()) {
          crashing.inputsUntilFailure = random.nextLong(changed);
          assertThatThrownBy(() -> crashing.refresh(MODEL)).hasMessage("the store is away");
          crashing.inputsUntilFailure = Long.MAX_VALUE;
          if (random.nextBoolean()) {
            Bench.done(crashing.again(MODEL, RefreshOptions.NONE, Progress.NONE));
          }
        } else {
          crashing.done(MODEL);
        }
      }
      assertThat(inForce(crashing)).as("seed %d", seed).isEqualTo(inForce(calm));
      assertThat(crashing.done(MODEL).written()).as("seed %d", seed).isZero();
    }
  }

  private static String regrouped(Random random) {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      if (random.nextInt(4) > 0) {
        rows.add(i + "@x " + (random.nextInt(5) == 0 ? "-" : "p" + random.nextInt(3)));
      }
    }
    return rows(rows.toArray(String[]::new));
  }
}
