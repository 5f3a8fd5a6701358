package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsBackfillTest {
  private static final String DAY = "2026-11-01T00:00:00Z";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String MODEL =
      """
      name: purchases
      kind: events
      source:
        files: orders.csv
        format: csv
      event:
        user_id: customer
        name: Order Completed
        time: at
        properties: {total: total, on: day, note: note}
      """;

  private static final String ORDERS =
      """
      customer,at,total,day,note
      2,2026-03-03 10:00:00,5.5,2026-03-03,
      01,2026-03-01 09:30:00.123456,10,2026-03-01,first
      01,2026-03-03 10:00:00,7,2026-03-03,twice
      01,2026-03-03 10:00:00,7,2026-03-03,twice
      """;

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
  }

  private static JsonNode json(Bench.Sent sent) {
    try {
      return JSON.readTree(sent.json());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<String> ids() {
    return bench.sent.stream().map(sent -> json(sent).get("messageId").textValue()).toList();
  }

  @Test
  void events_areSentInTheOrderOfTheirTime() throws Exception {
    bench.text("orders.csv", ORDERS, DAY);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(4, 4, 0));

    assertThat(bench.sent).extracting(Bench.Sent::key).containsExactly("01", "2", "01", "01");
    JsonNode first = json(bench.sent.getFirst());
    assertThat(first.get("messageId").textValue()).matches("purchases-[0-9a-f]{32}");
    assertThat(first.toString())
        .isEqualTo(
            "{\"type\":\"track\",\"messageId\":"
                + first.get("messageId")
                + ",\"userId\":\"01\",\"event\":\"Order Completed\","
                + "\"timestamp\":\"2026-03-01T09:30:00.123456Z\","
                + "\"properties\":{\"total\":10.0,\"on\":\"2026-03-01\",\"note\":\"first\"}}");
    assertThat(json(bench.sent.get(1)).get("properties").has("note")).isFalse();
  }

  @Test
  void equalRows_areDifferentEvents() throws Exception {
    bench.text("orders.csv", ORDERS, DAY);
    bench.done(MODEL);

    assertThat(ids()).doesNotHaveDuplicates();
  }

  @Test
  void ids_areThoseOfTheLastTime() throws Exception {
    bench.text("orders.csv", ORDERS, DAY);
    bench.done(MODEL);
    List<String> first = ids();
    bench.sent.clear();
    // More rows, and another order of the old ones.
    bench.text(
        "orders.csv",
        ORDERS.lines().limit(1).toList().getFirst()
            + "\n"
            + String.join("\n", ORDERS.lines().skip(1).toList().reversed())
            + "\n9,2026-03-09 00:00:00,1,2026-03-09,\n",
        DAY);
    bench.done(MODEL);

    assertThat(ids()).hasSize(5).containsAll(first);
  }

  @Test
  void unchangedFiles_areNotSentAgain() throws Exception {
    bench.text("orders.csv", ORDERS, DAY);
    bench.done(MODEL);
    bench.sent.clear();

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
    assertThat(bench.sent).isEmpty();

    bench.done(MODEL.replace("Order Completed", "Purchase"));
    assertThat(bench.sent).hasSize(4);
  }

  @Test
  void columnsOfNameAndId_areUsed() throws Exception {
    bench.text("orders.csv", "customer,at,what,order\n1,2026-03-03,Returned,007\n", DAY);

    bench.done(
        """
        name: purchases
        kind: events
        source: {files: "*.csv", format: csv}
        event: {user_id: customer, name: {column: what}, time: at, id: order}
        """);

    JsonNode event = json(bench.sent.getFirst());
    assertThat(event.get("event").textValue()).isEqualTo("Returned");
    assertThat(event.get("messageId").textValue()).isEqualTo("purchases-007");
    assertThat(event.get("timestamp").textValue()).isEqualTo("2026-03-03T00:00:00Z");
  }

  @Test
  void job_ticksAtEachMidnightAndAtItsEnd_andEndsThere() throws Exception {
    bench.text("orders.csv", ORDERS + "5,2026-03-07 00:00:00,1,2026-03-07,\n", DAY);

    var outcome = bench.loadUntil(MODEL, Instant.parse("2026-03-05T12:00:00Z"));

    assertThat(outcome).isEqualTo(new RefreshOutcome.Done(4, 4, 0));
    assertThat(bench.log)
        .extracting(line -> line.startsWith("tick") ? line : "event")
        .containsExactly(
            "event",
            "tick 2026-03-02T00:00:00Z",
            "tick 2026-03-03T00:00:00Z",
            "event",
            "event",
            "event",
            "tick 2026-03-05T12:00:00Z");
  }

  @Test
  void badRows_becomeDeadLetters() throws Exception {
    StringBuilder rows = new StringBuilder("customer,at,total,day,note\n");
    for (int i = 0; i < 100; i++) {
      rows.append(i == 3 ? "" : "c" + i).append(i == 5 ? "," : ",2026-03-03 10:00:00");
      rows.append(",1,2026-03-03,").append(i == 7 ? "x".repeat(40_000) : "").append('\n');
    }
    bench.text("orders.csv", rows.toString(), DAY);

    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(100, 97, 3));
    assertThat(bench.letters)
        .extracting(letter -> letter.getReason().replaceAll("\\(.*?\\)", "()"))
        .containsExactly(
            "model purchases, row 4 (): the user id is empty",
            "model purchases, row 6 (): the time is empty or infinite",
            "model purchases, row 8 (): property \"note\": a value is longer than 32768 bytes");
  }

  @Test
  void timeThatIsNone_isRefused() throws Exception {
    bench.text("orders.csv", "customer,at,total,day,note\n1,yesterday,1,2026-03-03,\n", DAY);

    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "the column \"at\" of orders.csv is to be read as timestamp, and 1 of its values are none");
  }
}
