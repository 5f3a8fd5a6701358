package dev.attune.load.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WriteLedgerTest {
  private static final long START = 1_000_000_000_000L;
  private static final long BOUND = WriteLedger.STALENESS_MAX.toNanos();
  private static final long MOMENT = Duration.ofMillis(1).toNanos();

  @TempDir private Path folder;
  private WriteLedger ledger;

  @BeforeEach
  void open() throws IOException {
    ledger = WriteLedger.open(folder.resolve("ledger"), 10);
  }

  @Test
  void judge_nobodyHasWritten_wantsTheFirstGeneration() {
    assertThat(judge(0, START)).isEqualTo(Tally.VERIFIED);
    assertThat(judge(1, START)).isEqualTo(Tally.WRONG);
    assertThat(judge(-1, START)).isEqualTo(Tally.WRONG);
  }

  @Test
  void judge_aWriteUnderWay_takesBoth() {
    ledger.begin(3, 1);
    assertThat(judge(0, START)).isEqualTo(Tally.VERIFIED);
    assertThat(judge(1, START)).isEqualTo(Tally.VERIFIED);
    assertThat(judge(2, START)).isEqualTo(Tally.WRONG);
  }

  @Test
  void judge_theOneBefore_isStaleOnceTheBoundHasPassed() {
    write(1, START);
    assertThat(judge(0, START + BOUND - MOMENT)).isEqualTo(Tally.VERIFIED);
    assertThat(judge(0, START + BOUND + MOMENT)).isEqualTo(Tally.STALE);
    assertThat(judge(1, START + BOUND + MOMENT)).isEqualTo(Tally.VERIFIED);
  }

  @Test
  void judge_twoWritesBehind_isStaleOnceTheFirstOfThemIs() {
    write(1, START);
    write(2, START + MOMENT);
    assertThat(judge(0, START + BOUND - MOMENT)).isEqualTo(Tally.VERIFIED);
    assertThat(judge(0, START + BOUND + 2 * MOMENT)).isEqualTo(Tally.STALE);
    write(3, START + 2 * MOMENT);
    assertThat(judge(0, START + BOUND - MOMENT)).isEqualTo(Tally.STALE);
  }

  @Test
  void judge_aPersonThatIsNotWritten_wantsTheFirstGeneration() {
    assertThat(ledger.judge(10, Population.VERSION, START)).isEqualTo(Tally.VERIFIED);
    assertThat(ledger.judge(10, Population.VERSION + 1, START)).isEqualTo(Tally.WRONG);
  }

  @Test
  void open_asAnotherProcess_seesTheSame() throws IOException {
    write(1, START);
    WriteLedger other = WriteLedger.open(folder.resolve("ledger"), 10);
    assertThat(other.begun(3)).isEqualTo(1);
    assertThat(other.judge(3, Population.VERSION, START + BOUND + MOMENT)).isEqualTo(Tally.STALE);
  }

  private void write(long generation, long nanos) {
    ledger.begin(3, generation);
    ledger.acknowledge(3, generation, nanos);
  }

  private int judge(long generation, long sentNanos) {
    return ledger.judge(3, Population.VERSION + generation, sentNanos);
  }
}
