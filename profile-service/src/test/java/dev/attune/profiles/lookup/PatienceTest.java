package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatienceTest {
  private static final Duration CONFIGURED = Duration.ofMillis(200);

  private static Duration micros(long micros) {
    return Duration.ofNanos(micros * 1_000);
  }

  @ParameterizedTest
  @CsvSource({
    "10000000, 9500000",
    "100000, 95000",
    "60000, 55000",
    "10001, 5001",
    "10000, 10000",
    "1000, 1000"
  })
  void ofACallersOwnTime_theReplysIsKeptBack(long ownMicros, long totalMicros) {
    Patience patience = Patience.of(CONFIGURED, micros(ownMicros));
    assertThat(patience.total()).isEqualTo(micros(totalMicros));
    assertThat(patience.read()).isEqualTo(micros(Math.min(totalMicros, 200_000)));
  }

  @Test
  void deadlineThatHasPassed_leavesNextToNothing() {
    assertThat(Patience.of(CONFIGURED, Duration.ofMillis(-3)).read())
        .isEqualTo(Duration.ofNanos(1));
  }

  @Test
  void waitForAToken_leavesTimeToRead() {
    Patience hurried = Patience.of(CONFIGURED, Duration.ofMillis(400));
    Duration waited = hurried.waiting(Duration.ofSeconds(9));
    assertThat(waited).isEqualTo(Duration.ofMillis(285));
    assertThat(hurried.reading(waited)).isEqualTo(Duration.ofMillis(95));
    assertThat(hurried.reading(Duration.ofSeconds(1))).isEqualTo(Duration.ofMillis(1));
    assertThat(Patience.unhurried(CONFIGURED).waiting(Duration.ofSeconds(9)))
        .isEqualTo(Duration.ofSeconds(9));
  }
}
