package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {
  private static final long SLOW = Duration.ofMillis(150).toNanos();

  @Test
  void storeThatKeepsUp_takesAllThatIsConfigured_andNoMore() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    for (int i = 0; i < 1_000; i++) {
      assertThat(limit.enter()).isTrue();
    }
    assertThat(limit.enter()).isFalse();
    assertThat(limit.underWay()).isEqualTo(1_000);
    limit.leave(System.nanoTime(), false);
    assertThat(limit.enter()).isTrue();
    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void slowOrRefusingStore_getsLess_andAllAgainOnceItIsFast() {
    AdaptiveLimit limit = new AdaptiveLimit(1_000);
    for (int i = 0; i < 10; i++) {
      assertThat(limit.enter()).isTrue();
      limit.leave(System.nanoTime() - SLOW, false);
    }
    assertThat(limit.limit()).isLessThan(400);
    for (int i = 0; i < 100; i++) {
      assertThat(limit.enter()).isTrue();
      limit.leave(System.nanoTime(), true);
    }
    assertThat(limit.limit()).as("the least").isEqualTo(64);
    // Near the limit each one that goes well is one more.
    int entered = 0;
    while (limit.enter()) {
      entered++;
    }
    assertThat(entered).isEqualTo(64);
    for (int i = 0; i < 3_000 && limit.limit() < 1_000; i++) {
      limit.leave(System.nanoTime(), false);
      while (limit.enter()) {
        entered++;
      }
    }
    assertThat(limit.limit()).isEqualTo(1_000);
  }

  @Test
  void refusal_isDecidedInWellUnderAMillisecond() {
    AdaptiveLimit limit = new AdaptiveLimit(1);
    assertThat(limit.enter()).isTrue();
    long[] nanos = new long[10_001];
    for (int i = 0; i < nanos.length; i++) {
      long began = System.nanoTime();
      assertThat(limit.enter()).isFalse();
      nanos[i] = System.nanoTime() - began;
    }
    Arrays.sort(nanos);
    assertThat(nanos[nanos.length / 2]).as("median, nanoseconds").isLessThan(1_000_000);
  }
}
