package dev.attune.refresher.snapshot;

import static dev.attune.refresher.snapshot.Bench.at;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.proto.v1.Fact;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forbidden data in a warehouse's tables: it reaches neither facts nor letters nor the disk. */
class ForbiddenCellsTest {
  private static final long SEED = 20_261_128;
  private static final String DAY_1 = "2026-11-01T00:00:00Z";
  private static final String DAY_2 = "2026-11-02T00:00:00Z";
  private static final String CARD = "4539578763621486";
  private static final String MASK = "[masked:card_number]";

  private static final String MODEL =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: id}
      identifiers:
        - {namespace: email, column: email}
      traits:
        {plan: plan, orders: orders, total: total, tags: tags, address: address, diagnosis: dx,
         seen: seen, gtin: gtin, blood: blood_type}
      guards: {bad_rows: 50%}
      """;

  private static final String ROWS =
      "select * from (values"
          + " ('1', 'a@x.example', 'paid with 4539-5787-6362-1486!', 4539578763621486::bigint,"
          + "  4539578763621486::double, ['x', 'CARD'], {'street': 'S', 'Blood-Type': 'A+',"
          + "  'n': [4539578763621486]}, 'flu', timestamp '2026-11-01 00:00:00', 'CARD', 'B'),"
          + " ('2', null, 'free', 1763012345678901, 0.4539578763621486, [], null, null, null,"
          + "  'a CARD', null),"
          + " ('CARD', null, 'bad', 1, 1, [], null, 'flu', null, null, null),"
          + " ('3', 'CARD', 'bad', 1, 1, [], null, 'flu', null, null, 'B'))"
          + " t(id, email, plan, orders, total, tags, address, dx, seen, gtin, blood_type)";

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    bench.catalog =
        Bench.catalog(
            Bench.CATALOG_YAML
                + "forbidden: {card_numbers: {except: [gtin]}, fields: [diagnosis, blood_type]}");
  }

  private Map<String, Fact> refresh(String model, String rows, String day) {
    bench.write("customers.parquet", rows.replace("CARD", CARD), day);
    bench.done(model);
    return bench.folded();
  }

  private static String text(Map<String, Fact> facts, String trait) {
    return at(facts, trait).getValue().toString();
  }

  @Test
  void cellsOfEachType_areMaskedBeforeAnythingIsKept() throws Exception {
    Map<String, Fact> facts = refresh(MODEL, ROWS, DAY_1);

    assertThat(text(facts, "user_id:1/plan")).contains("paid with " + MASK + "!");
    assertThat(text(facts, "user_id:1/orders")).contains(MASK);
    assertThat(text(facts, "user_id:1/total")).contains(MASK);
    assertThat(text(facts, "user_id:1/tags")).contains("x", MASK);
    assertThat(text(facts, "user_id:1/address")).contains("S", MASK, "[masked:blood_type]");
    assertThat(text(facts, "user_id:1/diagnosis")).contains("[masked:diagnosis]");
    assertThat(text(facts, "user_id:1/blood")).contains("[masked:blood_type]");
    assertThat(text(facts, "user_id:1/gtin")).contains(CARD);
    assertThat(text(facts, "user_id:2/gtin")).contains("a " + MASK);
    assertThat(at(facts, "user_id:2/orders").getValue().getInteger())
        .isEqualTo(1_763_012_345_678_901L);
    assertThat(at(facts, "user_id:2/total").getValue().getNumber()).isEqualTo(0.4539578763621486);
    assertThat(facts.keySet()).noneMatch(key -> key.startsWith("user_id:3"));

    assertThat(bench.letters).hasSize(2);
    assertThat(bench.letters.toString())
        .contains("column \\\"id\\\": value: forbidden data that was masked")
        .contains("column \\\"email\\\": value: forbidden data that was masked")
        .contains("bad")
        .doesNotContain(CARD, "flu", "A+");

    assertThat(onDisk()).contains("free", MASK).doesNotContain("4539-", "flu", "A+");
    // The one exception.
    assertThat(onDisk().replace("s" + CARD, "").replace("0." + CARD, "")).doesNotContain(CARD);
  }

  @Test
  void unchangedRows_areNotWrittenAgain_andAChangedRuleIs() {
    refresh(MODEL, ROWS, DAY_1);
    bench.inputs.clear();
    refresh(MODEL, ROWS, DAY_2);
    assertThat(bench.inputs).isEmpty();

    bench.catalog =
        Bench.catalog(Bench.CATALOG_YAML + "forbidden: {fields: [diagnosis, blood_type, plan]}");
    Map<String, Fact> facts = refresh(MODEL, ROWS, DAY_2);
    assertThat(text(facts, "user_id:1/gtin")).contains(MASK);
    assertThat(text(facts, "user_id:2/plan")).contains("[masked:plan]");
  }

  @Test
  void eventsThatDifferInAMaskedCellAlone_stayTwo() throws Exception {
    bench.text(
        "orders.csv",
        """
        customer,at,card,id
        1,2026-03-01 10:00:00,4539578763621486,a
        1,2026-03-01 10:00:00,4111111111111111,b
        4539578763621486,2026-03-01 10:00:00,x,c
        """,
        DAY_1);
    String model =
        """
        name: purchases
        kind: events
        source: {files: orders.csv, format: csv, columns: {card: string}}
        event: {user_id: customer, name: Paid, time: at, properties: {card: card}}
        """;
    bench.badRowShareMax = 0.5;
    assertThat(bench.done(model)).isEqualTo(new RefreshOutcome.Done(3, 2, 1));
    assertThat(bench.sent).hasSize(2).doesNotHaveDuplicates();
    assertThat(bench.sent.toString() + bench.letters)
        .contains(MASK)
        .doesNotContain(CARD, "4111111111111111");

    bench.sent.clear();
    bench.text("orders.csv", "customer,at,card,id\n1,2026-03-01 10:00:00,x," + CARD + "\n", DAY_2);
    bench.badRowShareMax = 1;
    assertThat(bench.done(model.replace("time: at,", "time: at, id: id,")))
        .isEqualTo(new RefreshOutcome.Done(1, 0, 1));
  }

  // SQL looks for what may have something in it: it must not overlook what Java would mask.
  @Test
  void randomTexts_areMaskedAsTheRulesSay() throws Exception {
    Random random = new Random(SEED);
    List<String> texts = new ArrayList<>();
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      texts.add(text(random));
      file.append(new ObjectMapper().writeValueAsString(Map.of("id", "" + i, "plan", texts.get(i))))
          .append('\n');
    }
    bench.text("customers.json", file.toString(), DAY_1);
    bench.done(
        """
        name: customers
        kind: profiles
        source: {files: customers.json, format: json}
        key: {namespace: user_id, column: id}
        traits: {plan: plan}
        """);
    Map<String, Fact> facts = bench.folded();
    int masked = 0;
    for (int i = 0; i < texts.size(); i++) {
      String expected = Forbidden.CARD_NUMBERS.text(texts.get(i));
      masked += expected.equals(texts.get(i)) ? 0 : 1;
      assertThat(at(facts, "user_id:" + i + "/plan").getValue().getText())
          .as("seed %d, text %d", SEED, i)
          .isEqualTo(expected);
    }
    assertThat(masked).isGreaterThan(2_000);
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int piece = random.nextInt(4); piece >= 0; piece--) {
      switch (random.nextInt(6)) {
        case 0 -> text.append("ab ").append(random.nextInt(10_000));
        case 1 -> text.append(random.nextLong(Long.MAX_VALUE));
        case 2 -> text.append("\u00e9\u4e2d-");
        case 3 -> text.append("x: ");
        default -> {
          for (int i = 0; i < CARD.length(); i++) {
            char digit = CARD.charAt(i);
            text.append(random.nextInt(40) == 0 ? (char) (digit - '0' + '\uff10') : digit);
            if (random.nextInt(8) == 0) {
              text.append(" -._\u00a0\u2013\n\u200b,".charAt(random.nextInt(9)));
            }
          }
        }
      }
    }
    return text.toString();
  }

  /** All that the state directory holds, Parquet files as text. */
  private String onDisk() throws IOException {
    StringBuilder all = new StringBuilder();
    try (var files = Files.walk(bench.state)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!String.valueOf(file.getFileName()).endsWith(".parquet")) {
          all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
          continue;
        }
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
            var statement = connection.createStatement();
            var rows =
                statement.executeQuery(
                    "select p::varchar from read_parquet('"
                        + file
                        + "') p union all select"
                        + " decode(value) from parquet_kv_metadata('"
                        + file
                        + "')")) {
          while (rows.next()) {
            all.append(rows.getString(1)).append('\n');
          }
        } catch (SQLException e) {
          throw new AssertionError(e);
        }
      }
    }
    return all.toString();
  }
}
