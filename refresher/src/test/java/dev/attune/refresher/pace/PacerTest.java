package dev.attune.refresher.pace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A load on a clock of its own: how fast it is while others suffer, and after. */
class PacerTest {
  private static final int ROWS = 500;
  private static final long QUICK = 100;

  private final List<String> reasons = new ArrayList<>();
  private Duration behind = Duration.ZERO;
  private boolean stopping;
  private long millis;
  private final Pacer pacer = pacer(Pacer.Manner.BUSY);

  private Pacer pacer(Pacer.Manner manner) {
    return new Pacer(
        manner,
        List.of(
            new Follower() {
              @Override
              public String name() {
                return "the evaluator";
              }

              @Override
              public Duration behind() {
                return behind;
              }
            }),
        reasons::add,
        () -> stopping,
        () -> millis * 1_000_000,
        pause -> millis += pause);
  }

  /** Rows a second, over so many chunks that the store takes so long for. */
  private double rate(int chunks, long storeMillis) {
    return rate(pacer, chunks, storeMillis);
  }

  private double rate(Pacer pacer, int chunks, long storeMillis) {
    long began = millis;
    for (int i = 0; i < chunks; i++) {
      pacer.write("the store", ROWS, () -> millis += storeMillis);
      pacer.rest();
    }
    return chunks * ROWS * 1_000.0 / (millis - began);
  }

  @Test
  void loadThatNobodyFeels_isNotSlowed() {
    assertThat(rate(20, QUICK)).isEqualTo(5_000);
    // A hiccup below what anybody feels is none.
    assertThat(rate(20, 250)).isEqualTo(2_000);
    assertThat(reasons).isEmpty();
  }

  @Test
  void gentleLoad_leavesMostOfTheTime_andHearsOfASecondAlready() {
    Pacer gentle = pacer(Pacer.Manner.GENTLE);
    assertThat(rate(gentle, 20, QUICK)).isEqualTo(1_250);
    behind = Duration.ofSeconds(1);
    assertThat(rate(20, QUICK)).as("one that is busy").isEqualTo(5_000);
    assertThat(rate(gentle, 20, QUICK)).isLessThan(500);
  }

  @Test
  void slowStore_slowsTheLoad_untilItIsQuickAgain() {
    rate(5, QUICK);
    double strained = rate(20, 500);
    // Without a wait it would be 1000: most of the time the store is left to others.
    assertThat(strained).isLessThan(200);
    assertThat(reasons).contains("the store takes 0.5 s for 500 rows");

    rate(10, QUICK);
    assertThat(reasons.getLast()).isEmpty();
    assertThat(rate(20, QUICK)).isEqualTo(5_000);
  }

  @Test
  void storeThatIsSlowFromTheStart_slowsTheLoadToo() {
    assertThat(rate(10, 2_100)).isLessThan(150);
    assertThat(reasons).contains("the store takes 2.1 s for 500 rows");
  }

  @Test
  void evaluatorThatFallsBehind_slowsTheLoad_untilItHasCaughtUp() {
    behind = Duration.ofSeconds(9);
    assertThat(rate(5, QUICK)).isEqualTo(5_000);
    behind = Duration.ofSeconds(40);
    assertThat(rate(20, QUICK)).isLessThan(200);
    assertThat(reasons).contains("the evaluator is 40 s behind");
    // However long it is away: tables are loaded, at a hundred rows a second.
    assertThat(rate(100, QUICK)).isBetween(90.0, 100.0);

    behind = Duration.ZERO;
    rate(10, QUICK);
    assertThat(reasons.getLast()).isEmpty();
    assertThat(rate(20, QUICK)).isEqualTo(5_000);
  }

  @Test
  void wait_endsWhenTheRunIsToStop() {
    behind = Duration.ofMinutes(1);
    rate(20, QUICK);
    stopping = true;
    long before = millis;
    pacer.rest();
    assertThat(millis).isEqualTo(before);
  }
}
