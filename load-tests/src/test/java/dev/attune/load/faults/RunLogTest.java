package dev.attune.load.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RunLogTest {
  private static final long KILLED = 1_000_000;
  private static final int CHUNK_ROWS = 500;
  private static final int CHUNK_EVENTS = 2_000;

  private final RunLog log = new RunLog(List.of(Instant.ofEpochMilli(KILLED)));

  private void rows(int from, int to, long atMillis) {
    for (int i = from; i < to; i++) {
      log.row("run", "p" + i, atMillis);
    }
  }

  private RunLog.Verdict customers(int rows) {
    Set<String> profiles =
        IntStream.range(0, rows).mapToObj(i -> "p" + i).collect(Collectors.toSet());
    return log.verdict(List.of(new Runs.Begun.OfUsers("run", profiles)));
  }

  @Test
  void verdict_ofOneChunkWrittenAgain_isWell() {
    rows(0, 900, KILLED);
    rows(900 - CHUNK_ROWS, 1_500, KILLED + 1);
    assertThat(customers(1_500)).isEqualTo(new RunLog.Verdict(1_500, 0, CHUNK_ROWS, 0, 1));
  }

  @Test
  void verdict_ofMoreThanOneChunkWrittenAgain_countsWhatIsBeyond() {
    rows(0, 900, KILLED);
    rows(900 - CHUNK_ROWS - 7, 1_500, KILLED + 1);
    assertThat(customers(1_500).beyond()).isEqualTo(7);
  }

  @Test
  void verdict_ofARunThatWentOnAheadOfItsData_countsWhatWasSkipped() {
    rows(0, 900, KILLED);
    rows(1_000, 1_500, KILLED + 1);
    assertThat(customers(1_500).skipped()).isEqualTo(100);
  }

  @Test
  void verdict_ofRowsWrittenTwiceInOneLife_isWell() {
    // A conflict with an event: nobody was killed.
    rows(0, 1_500, KILLED);
    rows(0, 1_500, KILLED);
    assertThat(customers(1_500)).isEqualTo(new RunLog.Verdict(1_500, 0, 0, 0, 0));
  }

  @Test
  void verdict_ofEventsOfThePast_countsThemByTheirIds() {
    for (int i = 0; i < 3_000; i++) {
      log.event("orders-b1-" + i, KILLED);
    }
    for (int i = 3_000 - CHUNK_EVENTS - 1; i < 4_999; i++) {
      log.event("orders-b1-" + i, KILLED + 5);
    }
    log.event("orders-b2-0", KILLED);
    assertThat(log.verdict(List.of(new Runs.Begun.OfOrders("run", "orders-b1-", 5_000))))
        .isEqualTo(new RunLog.Verdict(5_000, 1, CHUNK_EVENTS + 1, 1, 1));
  }

  @Test
  void verdict_ofAddresses_countsRowsThatAreMissing() {
    rows(0, 90, KILLED);
    assertThat(log.verdict(List.of(new Runs.Begun.OfAddresses("run", 100))).skipped())
        .isEqualTo(10);
  }
}
