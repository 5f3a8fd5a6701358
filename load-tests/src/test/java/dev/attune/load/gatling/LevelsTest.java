package dev.attune.load.gatling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LevelsTest {
  private final Outcomes outcomes = new Outcomes();
  private final Levels levels = new Levels(10, 40, Duration.ofSeconds(10), outcomes);

  private void answered(int rate, int count, long millis) {
    for (int i = 0; i < count; i++) {
      outcomes.begins();
      outcomes.succeeded(Levels.request(rate), millis);
    }
  }

  @Test
  void rates_doubleUpToTheHighest() {
    assertThat(levels.rates()).containsExactly(10, 20, 40);
    assertThat(new Levels(10, 30, Duration.ofSeconds(1), outcomes).rates())
        .containsExactly(10, 20, 30);
    assertThat(new Levels(10, 10, Duration.ofSeconds(1), outcomes).rates()).containsExactly(10);
  }

  @Test
  void knee_isTheHighestRateThatHoldsWithAllBelowIt() {
    answered(10, 100, 3);
    answered(20, 200, 50);
    answered(40, 400, 51);
    assertThat(levels.knee()).isEqualTo(20);
  }

  @Test
  void knee_withALevelThatDoesNotHoldInBetween_staysBelowIt() {
    answered(10, 100, 3);
    answered(20, 200, 80);
    answered(40, 400, 3);
    assertThat(levels.knee()).isEqualTo(10);
  }

  @Test
  void level_whoseUsersWereNotAllSent_doesNotHold() {
    answered(10, 94, 3);
    assertThat(levels.holds(10)).isFalse();
    answered(10, 1, 3);
    assertThat(levels.holds(10)).isTrue();
  }

  @Test
  void level_ofWhichSomeFailed_doesNotHold() {
    answered(10, 100, 3);
    outcomes.foundNoRoom(Levels.request(10));
    assertThat(levels.holds(10)).isFalse();
    assertThat(levels.knee()).isZero();
  }

  @Test
  void level_aboveOneThatDoesNotHold_isNotAsked() {
    assertThat(levels.isWorthAsking(0)).isTrue();
    answered(10, 100, 3);
    assertThat(levels.isWorthAsking(1)).isTrue();
    answered(20, 200, 500);
    assertThat(levels.isWorthAsking(2)).isFalse();
    assertThat(levels.isWorthAsking(1)).as("what was found first stays").isTrue();
  }
}
