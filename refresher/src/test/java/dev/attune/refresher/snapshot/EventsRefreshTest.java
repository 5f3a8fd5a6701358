package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.refresher.lease.Lease;
import dev.attune.refresher.lease.TestLeases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of events models: looked at first, refused, stopped, killed, and gone on with. */
class EventsRefreshTest {
  private static final String DAY = "2026-11-01T00:00:00Z";
  private static final int ROWS = 350;

  /** Of the bench: events that are sent before the log must have all of them. */
  private static final int CHUNK = 100;

  private static final String MODEL =
      """
      name: purchases
      kind: events
      source: {files: orders.csv, format: csv}
      event: {user_id: customer, name: Order Completed, time: at, properties: {total: total}}
      """;

  private static final RefreshOptions DRY = new RefreshOptions(true, false, false, "");
  private static final RefreshOptions FORCE = new RefreshOptions(false, false, true, "");

  @TempDir Path directory;
  private Bench bench;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    orders(ROWS);
  }

  private void orders(int rows) throws Exception {
    var csv = new StringBuilder("customer,at,total\n");
    for (int i = 0; i < rows; i++) {
      csv.append("c%d,2026-03-%02d 10:00:00,%d\n".formatted(i % 40, 1 + i % 28, i));
    }
    bench.text("orders.csv", csv.toString(), DAY);
  }

  private List<String> ids() {
    List<String> ids = new ArrayList<>();
    for (Bench.Sent sent : bench.sent) {
      try {
        ids.add(new ObjectMapper().readTree(sent.json()).get("messageId").textValue());
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return ids;
  }

  /** Stops after so many words of rows that are written, or dies there. */
  private static final class After extends NoProgress {
    final List<String> overruled = new ArrayList<>();
    long written;
    private final long stopAt;
    private final boolean kill;

    After(long stopAt, boolean kill) {
      this.stopAt = stopAt;
      this.kill = kill;
    }

    @Override
    public void written(long rows) {
      written = rows;
      if (kill && rows >= stopAt) {
        throw new Bench.KilledError();
      }
    }

    @Override
    public boolean stopping() {
      return written >= stopAt;
    }

    @Override
    public void overruled(String guard) {
      overruled.add(guard);
    }
  }

  private static After never() {
    return new After(Long.MAX_VALUE, false);
  }

  @Test
  void stoppedRun_goesOnWhereItWas() {
    bench.done(MODEL);
    List<String> all = ids();
    bench.sent.clear();

    var full = new RefreshOptions(false, true, false, "");
    assertThat(bench.refresh(MODEL, full, new After(CHUNK, false)))
        .isInstanceOf(RefreshOutcome.Stopped.class);
    assertThat(bench.sent).hasSize(CHUNK);
    After rest = never();
    assertThat(bench.again(MODEL, full, rest)).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
    assertThat(ids()).isEqualTo(all);
    assertThat(rest.written).isEqualTo(ROWS);
    // It is loaded now: neither the same run nor the next sends anything.
    assertThat(bench.again(MODEL, full, never())).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
    assertThat(bench.sent).hasSize(ROWS);
  }

  @Test
  void killedRun_goesOnAtItsCheckpoint_withoutItsFile() throws Exception {
    assertThatThrownBy(() -> bench.refresh(MODEL, RefreshOptions.NONE, new After(2 * CHUNK, true)))
        .isInstanceOf(Bench.KilledError.class);
    assertThat(bench.sent).hasSize(2 * CHUNK);
    Files.delete(bench.data.resolve("orders.csv"));

    assertThat(bench.again(MODEL, RefreshOptions.NONE, never()))
        .isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
    assertThat(ids()).hasSize(ROWS).doesNotHaveDuplicates();
  }

  @Test
  void killedBeforeItsCheckpoint_sendsAtMostAChunkTwice() {
    bench.killAfterSent = 2 * CHUNK + 30;
    assertThatThrownBy(() -> bench.refresh(MODEL)).isInstanceOf(Bench.KilledError.class);
    bench.killAfterSent = Long.MAX_VALUE;
    bench.again(MODEL, RefreshOptions.NONE, never());
    assertThat(bench.sent.size()).isBetween(ROWS, ROWS + CHUNK);
    assertThat(ids().stream().distinct()).hasSize(ROWS);
  }

  @Test
  void logThatIsAwayForAMoment_isWaitedFor() {
    bench.faults = 3;
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
    assertThat(ids().stream().distinct()).hasSize(ROWS);
  }

  @Test
  void logThatStaysAway_failsTheRun_andTheNextOneGoesOnThere() {
    bench.patience = Duration.ZERO;
    bench.beforeWrite = () -> bench.faults = bench.sent.size() >= 2 * CHUNK ? 1 : 0;
    assertThatThrownBy(() -> bench.refresh(MODEL))
        .hasMessageContaining("gave up after repeating a write for 0 s: away for a moment");
    assertThat(bench.sent).hasSize(2 * CHUNK);
    bench.beforeWrite = () -> {};
    // Of a run after it that was killed, too.
    assertThatThrownBy(() -> bench.refresh(MODEL, RefreshOptions.NONE, new After(3 * CHUNK, true)))
        .isInstanceOf(Bench.KilledError.class);
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
    assertThat(ids()).hasSize(ROWS).doesNotHaveDuplicates();
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
  }

  @Test
  void mappingThatChangedMeanwhile_failsTheRun_andTheNextBeginsAnew() {
    assertThatThrownBy(() -> bench.refresh(MODEL, RefreshOptions.NONE, new After(CHUNK, true)))
        .isInstanceOf(Bench.KilledError.class);
    String other = MODEL.replace("{total: total}", "{sum: total}");
    assertThatThrownBy(() -> bench.again(other, RefreshOptions.NONE, never()))
        .hasMessageContaining("the mapping of the model changed while the run was interrupted");
    assertThat(bench.done(other)).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
  }

  @Test
  void dryRun_countsAndSendsNothing() throws Exception {
    RefreshOutcome.Compared compared = Bench.compared(bench.refresh(MODEL, DRY));
    assertThat(compared.rows()).isEqualTo(ROWS);
    assertThat(compared.differences().rows()).isEqualTo(new Differences.Rows(ROWS, 0, 0, 0));
    assertThat(compared.differences().samples()).hasSize(Differences.SAMPLES_MAX);
    assertThat(compared.differences().cells()).isEqualTo(Map.of());
    assertThat(bench.sent).isEmpty();
    assertThat(bench.letters).isEmpty();

    bench.done(MODEL);
    assertThat(Bench.compared(bench.refresh(MODEL, DRY)).differences().rows())
        .as("these files were sent")
        .isEqualTo(Differences.Rows.NONE);
  }

  @Test
  void tableThatIsOff_isRefused_unlessForced() throws Exception {
    bench.done(MODEL);
    bench.sent.clear();
    orders(ROWS * 2);
    String sentence =
        "orders.csv has 700 rows, and the last snapshot had 350: 100 % off (allowed: 50 % by rows_off,"
            + " or any with --force)";
    assertThat(bench.refused(MODEL)).isEqualTo(sentence);
    assertThat(Bench.refused(bench.refresh(MODEL, DRY))).isEqualTo(sentence);
    assertThat(bench.sent).isEmpty();
    assertThat(bench.refused(MODEL + "guards: {rows_off: 10%}\n")).contains("allowed: 10 %");

    After progress = never();
    assertThat(bench.refresh(MODEL, FORCE, progress))
        .isEqualTo(new RefreshOutcome.Done(700, 700, 0));
    assertThat(progress.overruled).containsExactly(sentence);
    orders(0);
    assertThat(bench.refused(MODEL)).contains("has no rows, and the last snapshot had 700");
  }

  @Test
  void propertyOfAnotherType_isRefused_unlessForced() throws Exception {
    bench.done(MODEL);
    bench.sent.clear();
    bench.text("orders.csv", numbers("%d.5"), DAY);
    assertThat(bench.done(MODEL))
        .as("a number is a number")
        .isInstanceOf(RefreshOutcome.Done.class);
    bench.sent.clear();
    bench.text("orders.csv", numbers("EUR %d"), DAY);
    assertThat(bench.refused(MODEL))
        .isEqualTo(
            "the column \"total\" of orders.csv holds string, and in the last snapshot it held number"
                + " (allowed: number, or both with --force)");
    assertThat(bench.sent).isEmpty();
    assertThat(bench.refresh(MODEL, FORCE)).isEqualTo(new RefreshOutcome.Done(ROWS, ROWS, 0));
  }

  private static String numbers(String format) {
    var csv = new StringBuilder("customer,at,total\n");
    for (int i = 0; i < ROWS; i++) {
      csv.append("c%d,2026-03-01 10:00:00,".formatted(i)).append(format.formatted(i)).append('\n');
    }
    return csv.toString();
  }

  @Test
  void badRows_areGuardedByTheModel() throws Exception {
    bench.text("orders.csv", "customer,at,total\na,2026-03-01,1\n,2026-03-01,2\n", DAY);
    assertThat(bench.refused(MODEL)).contains("1 of 2 rows of orders.csv cannot be taken");
    assertThat(bench.done(MODEL + "guards: {bad_rows: 50%}\n"))
        .isEqualTo(new RefreshOutcome.Done(2, 1, 1));
    bench.text("orders.csv", "customer,at,total\na,2026-03-02,1\n,2026-03-01,2\n", DAY);
    assertThat(bench.refresh(MODEL, FORCE)).isEqualTo(new RefreshOutcome.Done(2, 1, 1));
  }

  @Test
  void rollback_isRefused() {
    bench.done(MODEL);
    assertThat(
            Bench.refused(bench.refresh(MODEL, new RefreshOptions(false, false, false, "run-1"))))
        .contains("an events model sends its events once and has nothing to go back to");
  }

  @Test
  void stateOfAnOlderVersion_isKnown() throws Exception {
    bench.done(MODEL);
    String fingerprint;
    try (Lease lease = TestLeases.acquired(TestLeases.alone(bench.state), "purchases")) {
      fingerprint =
          lease.state().getOrDefault("events/loaded", "").lines().findFirst().orElseThrow();
    }
    DuckDb.delete(bench.state.resolve("models/purchases/state"));
    Files.writeString(bench.state.resolve("models/purchases/loaded"), fingerprint);
    bench.sent.clear();
    assertThat(bench.done(MODEL)).isEqualTo(new RefreshOutcome.Done(0, 0, 0));
    assertThat(bench.sent).isEmpty();
  }
}
