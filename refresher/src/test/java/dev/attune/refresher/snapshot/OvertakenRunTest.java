package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.ProfileInput;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Value;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.TestLeases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs that are overtaken somewhere, as after a long pause, and then go on where they were: the
 * chunk that they were about to write is written after all that the others did. Set {@code
 * -Dattune.seed} to repeat a failure.
 */
class OvertakenRunTest {
  private static final String CUSTOMERS =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      identifiers: [{namespace: email, column: email}]
      traits: {plan: plan, orders: orders}
      guards: {rows_off: 1000%}
      """;

  private static final String PEOPLE =
      """
      name: people
      kind: identity
      source: {files: people.parquet, format: parquet}
      identifier: {namespace: email, column: email}
      person: {namespace: user_id, column: person}
      guards: {rows_off: 1000%}
      """;

  private static final String PURCHASES =
      """
      name: purchases
      kind: events
      source: {files: orders.csv, format: csv}
      event: {user_id: customer, name: Order Completed, time: at, properties: {total: total}}
      guards: {rows_off: 1000%}
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  /** Does something at the n-th word of a run, or chunk before it is written. */
  private final class At extends NoProgress {
    private long words;
    private final Runnable act;

    At(long words, Runnable act) {
      this.words = words;
      this.act = act;
      bench.beforeWrite = this::word;
    }

    private void word() {
      if (--words == 0) {
        bench.beforeWrite = () -> {};
        act.run();
      }
    }

    @Override
    public void phase(Phase phase) {
      word();
    }

    @Override
    public void rowsRead(long rows) {
      word();
    }

    @Override
    public void toWrite(long total) {
      word();
    }

    @Override
    public void written(long rows) {
      word();
    }
  }

  private Lease lease(String host, String model) {
    return TestLeases.on(bench.state, host).takeOver(model);
  }

  private RefreshOutcome overtaken(String yaml, long words, Runnable act) {
    String model = Bench.model(yaml).name();
    try (Lease lease = TestLeases.on(bench.state, "paused").acquired(model)) {
      return bench.refresh(yaml, new At(words, act), lease);
    }
  }

  private void later(String yaml, boolean adopt) {
    try (Lease lease = lease("later", Bench.model(yaml).name())) {
      Bench.done(
          adopt
              ? bench.again(Bench.model(yaml), RefreshOptions.NONE, Progress.NONE, lease)
              : bench.refresh(yaml, Progress.NONE, lease));
    }
  }

  private static RefreshOutcome sentence(String model) {
    return new RefreshOutcome.Overtaken(
        "the lease of the model "
            + model
            + " was taken over by later:7 at 2026-11-21T00:00:00Z; this process had not renewed it"
            + " for 0 s");
  }

  private static String day(int day) {
    return "2026-11-0" + day + "T00:00:00Z";
  }

  private static String rows(String values) {
    return "select * from (values " + values + ") t(id, email, plan, orders)";
  }

  /** What is served in the end: facts that are not removals. */
  private static Map<String, Value> values(Bench bench) {
    Map<String, Value> values = new TreeMap<>();
    bench
        .folded()
        .forEach(
            (key, fact) -> {
              if (fact.hasValue()) {
                values.put(key, fact.getValue());
              }
            });
    return values;
  }

  private Map<String, Value> valuesOf(String file, String yaml, String rows) throws Exception {
    var other = new Bench(Files.createTempDirectory(directory, "other"));
    other.write(file, rows, day(9));
    other.done(yaml);
    return values(other);
  }

  // The chunk comes after the run was adopted and ended, and after another run changed the same
  // rows again: one changed back, one removed, one that came back after it was removed.
  @Test
  void chunkThatComesAfterTheNextRun_changesNothing() throws Exception {
    bench.chunkRows = 2;
    String first = rows("(1, null, 'free', 1), (2, null, 'free', 1), (3, null, 'free', 1)");
    String second = rows("(1, 'a@x.example', 'pro', 2), (2, null, 'pro', 1)");
    String third = rows("(1, null, 'free', 1), (3, null, 'free', 2)");
    bench.write("customers.parquet", first, day(1));
    bench.done(CUSTOMERS);
    bench.write("customers.parquet", second, day(2));
    int before = bench.inputs.size();
    int[] late = {0};

    // Reading, rows, comparing, total, writing, and the first chunk.
    RefreshOutcome outcome =
        overtaken(
            CUSTOMERS,
            6,
            () -> {
              assertThat(bench.inputs).as("nothing is written yet").hasSize(before);
              later(CUSTOMERS, true);
              bench.write("customers.parquet", third, day(3));
              later(CUSTOMERS, false);
              late[0] = bench.inputs.size();
            });

    assertThat(outcome).isEqualTo(sentence("customers"));
    assertThat(bench.inputs.subList(late[0], bench.inputs.size()))
        .as("a chunk came late, and no other one")
        .hasSize(2);
    List<ProfileInput> all = List.copyOf(bench.inputs);
    Map<String, Fact> withLate = bench.folded();
    bench.inputs.subList(late[0], all.size()).clear();
    assertThat(withLate).isEqualTo(bench.folded());
    assertThat(values(bench)).isEqualTo(valuesOf("customers.parquet", CUSTOMERS, third));
    assertThat(bench.done(CUSTOMERS).written()).isZero();
  }

  // Nobody knows its stamps, so that it must not write anything.
  @Test
  void runThatIsOvertakenBeforeItsSnapshotIsKept_writesNothing() throws Exception {
    bench.write("customers.parquet", rows("(1, null, 'free', 1)"), day(1));
    bench.done(CUSTOMERS);
    bench.write("customers.parquet", rows("(1, null, 'pro', 1)"), day(2));
    int[] inputs = {0};

    RefreshOutcome outcome =
        overtaken(
            CUSTOMERS,
            4,
            () -> {
              bench.write("customers.parquet", rows("(1, null, 'free', 2)"), day(3));
              later(CUSTOMERS, false);
              inputs[0] = bench.inputs.size();
            });

    assertThat(outcome).isEqualTo(sentence("customers"));
    assertThat(bench.inputs).hasSize(inputs[0]);
    assertThat(bench.done(CUSTOMERS).written()).isZero();
    // What it had written aside goes with the next run that keeps something.
    bench.write("customers.parquet", rows("(1, null, 'free', 3)"), day(4));
    bench.done(CUSTOMERS);
    try (var files = Files.list(bench.state.resolve("models/customers"))) {
      assertThat(files).hasSizeLessThanOrEqualTo(1 + AppliedSnapshot.BEFORE_MAX);
    }
  }

  @Test
  void databaseThatAnOvertakenRunLeft_isDeletedByTheNext() throws Exception {
    bench.write("customers.parquet", rows("(1, null, 'free', 1)"), day(1));
    Path left = Files.createDirectories(bench.state.resolve("tmp/customers.1"));
    Path others = Files.createDirectories(bench.state.resolve("tmp/customers.x.1"));
    Files.writeString(left.resolve("run.duckdb"), "rows");
    TestLeases.on(bench.state, "paused").acquired("customers");
    try (Lease lease = lease("later", "customers")) {
      bench.refresh(CUSTOMERS, Progress.NONE, lease);
    }
    assertThat(left).doesNotExist();
    assertThat(others).exists();
  }

  private static String snapshot(Random random) {
    List<String> rows = new ArrayList<>(List.of("(0, null, 'always', 0)"));
    for (int id = 1; id <= 7; id++) {
      if (random.nextInt(4) > 0) {
        rows.add(
            "(%d, %s, %s, %d)"
                .formatted(
                    id,
                    random.nextBoolean() ? "null" : "'" + random.nextInt(3) + "@x.example'",
                    random.nextInt(3) == 0 ? "null" : "'" + random.nextInt(2) + "'",
                    random.nextInt(2)));
      }
    }
    return rows(String.join(", ", rows));
  }

  private static String pairs(Random random) {
    List<String> rows = new ArrayList<>(List.of("('always@x.example', 'p0')"));
    for (int email = 0; email < 7; email++) {
      if (random.nextInt(4) > 0) {
        rows.add("('%d@x.example', 'p%d')".formatted(email, random.nextInt(3)));
      }
    }
    return "select * from (values " + String.join(", ", rows) + ") t(email, person)";
  }

  /** Who is whose in the end, by what models say. */
  private static Map<String, Boolean> linked(Bench bench) {
    Map<String, Link> said = new TreeMap<>();
    for (ProfileInput input : bench.inputs) {
      for (Link link : input.links()) {
        said.merge(link.getA().getValue() + " " + link.getB().getValue(), link, Links::stronger);
      }
    }
    Map<String, Boolean> linked = new TreeMap<>();
    said.forEach(
        (pair, link) -> {
          if (Links.joins(link)) {
            linked.put(pair, true);
          }
        });
    return linked;
  }

  /** Overtaken at a random word by a run that is overtaken itself, and so on. */
  private final class Cascade {
    final Random random;
    final String file;
    final String yaml;
    final Function<Random, String> snapshots;
    String last = "";
    int day = 1;
    int overtakings;

    Cascade(Random random, String file, String yaml, Function<Random, String> snapshots) {
      this.random = random;
      this.file = file;
      this.yaml = yaml;
      this.snapshots = snapshots;
    }

    void export() {
      last = snapshots.apply(random);
      bench.write(file, last, day(day++));
    }

    void run(int depth) {
      String model = Bench.model(yaml).name();
      String host = depth == 0 ? "paused" : "later" + depth;
      boolean adopt = depth > 0 && random.nextBoolean();
      try (Lease lease = lease(host, model)) {
        if (!adopt) {
          export();
        }
        At at = new At(depth == 3 ? 0 : 1 + random.nextInt(9), () -> run(depth + 1));
        RefreshOutcome outcome =
            adopt
                ? bench.again(Bench.model(yaml), RefreshOptions.NONE, at, lease)
                : bench.refresh(yaml, at, lease);
        if (outcome instanceof RefreshOutcome.Overtaken) {
          overtakings++;
        } else {
          Bench.done(outcome);
        }
      }
      bench.beforeWrite = () -> {};
    }
  }

  @RepeatedTest(8)
  void overtakenAnywhere_andAgain_whatCountsIsTheLastSnapshot() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    bench.chunkRows = 1 + new Random(seed).nextInt(4);
    var cascade =
        new Cascade(new Random(seed), "customers.parquet", CUSTOMERS, OvertakenRunTest::snapshot);
    cascade.export();
    bench.done(CUSTOMERS);
    for (int i = 0; i < 2; i++) {
      cascade.run(0);
    }
    // An adopted run may have brought what was wanted before the last export.
    bench.done(CUSTOMERS);
    assertThat(values(bench))
        .as("seed %d, %d overtakings", seed, cascade.overtakings)
        .isEqualTo(valuesOf("customers.parquet", CUSTOMERS, cascade.last));
    assertThat(bench.done(CUSTOMERS).written()).as("seed %d", seed).isZero();
  }

  @RepeatedTest(8)
  void identityModelThatIsOvertakenAnywhere_linksAsTheLastSnapshotSays() throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    bench.chunkRows = 1 + new Random(seed).nextInt(4);
    var cascade = new Cascade(new Random(seed), "people.parquet", PEOPLE, OvertakenRunTest::pairs);
    cascade.export();
    bench.done(PEOPLE);
    for (int i = 0; i < 2; i++) {
      cascade.run(0);
    }
    bench.done(PEOPLE);
    var other = new Bench(Files.createTempDirectory(directory, "other"));
    other.write("people.parquet", cascade.last, day(9));
    other.done(PEOPLE);
    assertThat(linked(bench))
        .as("seed %d, %d overtakings", seed, cascade.overtakings)
        .isEqualTo(linked(other));
  }

  private void orders(int from, int to, int day) throws Exception {
    var csv = new StringBuilder("customer,at,total\n");
    for (int i = from; i < to; i++) {
      csv.append("c%d,2026-03-%02d 10:00:00,%d\n".formatted(i % 9, 1 + i % 28, i / 2));
    }
    bench.text("orders.csv", csv.toString(), day(day));
  }

  /** The events that were sent, by id: the same id must be the same event. */
  private Map<String, String> events() throws Exception {
    Map<String, String> events = new HashMap<>();
    for (Bench.Sent sent : bench.sent) {
      String id = new ObjectMapper().readTree(sent.json()).get("messageId").textValue();
      String known = events.put(id, sent.json());
      assertThat(known == null || known.equals(sent.json())).as("copies are equal").isTrue();
    }
    return events;
  }

  // They are copies: whoever counts events knows them by their id.
  @Test
  void eventsThatComeAfterTheRunWasAdopted_areCopies() throws Exception {
    orders(0, 150, 1);
    RefreshOutcome outcome = overtaken(PURCHASES, 5 + 30, () -> later(PURCHASES, true));

    assertThat(outcome).isEqualTo(sentence("purchases"));
    assertThat(bench.sent).as("the rest of one chunk of 100 twice").hasSize(150 + 100);
    assertThat(events()).hasSize(150);
    assertThat(bench.done(PURCHASES)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
  }

  // What they say happened, and was in a snapshot that was applied in part: as if the run had come
  // further before it was interrupted.
  @Test
  void eventsThatComeAfterAnotherSnapshot_areThoseOfTheInterruptedRun() throws Exception {
    orders(0, 150, 1);
    RefreshOutcome outcome =
        overtaken(
            PURCHASES,
            5 + 30,
            () -> {
              try {
                orders(20, 150, 2);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              later(PURCHASES, false);
            });

    assertThat(outcome).isEqualTo(sentence("purchases"));
    int all = events().size();
    assertThat(all).isBetween(130, 150);
    assertThat(bench.done(PURCHASES)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
    assertThat(events()).hasSize(all);
  }

  @Test
  void eventsOfARunThatIsOvertakenBeforeTheyAreKept_areNotSent() throws Exception {
    orders(0, 150, 1);
    RefreshOutcome outcome = overtaken(PURCHASES, 3, () -> later(PURCHASES, false));

    assertThat(outcome).isEqualTo(sentence("purchases"));
    assertThat(bench.sent).hasSize(150);
  }
}
