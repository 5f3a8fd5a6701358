package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.profiles.lookup.AdaptiveLimit.Told;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdaptiveLimitTest {
  private static final Duration SLOW = AdaptiveLimit.AIM.plusMillis(1);
  private static final Duration FAST = Duration.ofMillis(1);

  private long nanos = Long.MAX_VALUE - 1_000_000; // wraps, as the real one may

  private AdaptiveLimit limit(int most) {
    return new AdaptiveLimit(most, () -> nanos);
  }

  /** All that are let in, at once; they are answered after so long. */
  private int round(AdaptiveLimit limit, Duration answeredAfter, boolean refused) {
    long began = nanos;
    int entered = 0;
    while (limit.enter(1)) {
      entered++;
    }
    nanos += answeredAfter.toNanos();
    for (int i = 0; i < entered; i++) {
      limit.leave(1, began, refused ? Told.REFUSED : Told.ANSWERED);
    }
    return entered;
  }

  @Test
  void storeThatKeepsUp_startsSmall_takesAllThatIsConfiguredWithinRounds_andNoMore() {
    AdaptiveLimit limit = limit(8_192);
    assertThat(round(limit, FAST, false)).isEqualTo(AdaptiveLimit.START);
    for (int i = 0; i < 20; i++) {
      round(limit, FAST, false);
    }
    assertThat(round(limit, FAST, false)).isEqualTo(8_192);
    assertThat(limit.underWay()).isZero();
  }

  @Test
  void fewLookups_doNotRaiseIt() {
    AdaptiveLimit limit = limit(8_192);
    for (int i = 0; i < 10_000; i++) {
      assertThat(limit.enter(1)).isTrue();
      limit.leave(1, nanos, Told.ANSWERED);
    }
    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.START);
  }

  @Test
  void storeThatIsAway_saysNothingAboutWhatItBears() {
    AdaptiveLimit limit = limit(8_192);
    for (int i = 0; i < 20; i++) {
      assertThat(limit.enter(500)).isTrue();
      limit.leave(500, nanos, Told.FAILED);
    }
    assertThat(limit.limit()).isEqualTo(AdaptiveLimit.START);
  }

  @Test
  void slowOrRefusingStore_getsLess_andAllAgainOnceItIsFast() {
    AdaptiveLimit limit = limit(1_000);
    for (int i = 0; i < 5; i++) {
      round(limit, FAST, false);
    }
    for (int i = 0; i < 5; i++) {
      round(limit, SLOW, false);
    }
    assertThat(limit.limit()).isLessThan(400);
    for (int i = 0; i < 20; i++) {
      round(limit, SLOW, false);
    }
    assertThat(limit.limit()).as("the least for being slow").isEqualTo(AdaptiveLimit.START);
    for (int i = 0; i < 20; i++) {
      round(limit, FAST, true);
    }
    assertThat(limit.limit()).as("the least").isEqualTo(AdaptiveLimit.LEAST);
    assertThat(round(limit, FAST, false)).isEqualTo(AdaptiveLimit.LEAST);
    for (int i = 0; i < 100; i++) {
      round(limit, FAST, false);
    }
    assertThat(limit.limit()).isEqualTo(1_000);
  }

  // A garbage collection in the store's host: each lookup in it is late, and it says one thing.
  @Test
  void stall_costsAFifth_howeverManyLookupsWereInIt() {
    AdaptiveLimit limit = limit(1_000);
    for (int i = 0; i < 5; i++) {
      round(limit, FAST, false);
    }
    round(limit, SLOW, false);
    assertThat(limit.limit()).isEqualTo(800);
  }

  @Test
  void batch_getsInAsAWhole_whereOneHasRoom() {
    AdaptiveLimit limit = limit(100);
    for (int i = 0; i < 99; i++) {
      assertThat(limit.enter(1)).isTrue();
    }
    assertThat(limit.enter(500)).isTrue();
    assertThat(limit.enter(500)).isFalse();
    assertThat(limit.enter(1)).isFalse();
    limit.leave(500, nanos, Told.ANSWERED);
    assertThat(limit.enter(1)).isTrue();
    assertThat(limit.underWay()).isEqualTo(100);
  }

  // Ten times as many as a store answers, which is one in 50 us: what it answers must be of use.
  @Test
  void overload_isLetInAsFarAsItIsAnsweredSoon_andKeepsTheStoreBusy() {
    AdaptiveLimit limit = limit(8_192);
    long serviceNanos = 50_000;
    long freeAt = nanos;
    long end = nanos + Duration.ofSeconds(5).toNanos();
    var underWay = new ArrayDeque<long[]>();
    List<Long> latencies = new ArrayList<>();
    long busy = 0;
    for (long began = nanos; began - end < 0; began += serviceNanos / 10) {
      nanos = began;
      while (!underWay.isEmpty() && underWay.element()[1] - nanos <= 0) {
        long[] first = underWay.remove();
        nanos = first[1];
        limit.leave(1, first[0], Told.ANSWERED);
        nanos = began;
        latencies.add(first[1] - first[0]);
        busy += serviceNanos;
      }
      if (limit.enter(1)) {
        freeAt = Math.max(freeAt - began, 0) + began + serviceNanos;
        underWay.add(new long[] {began, freeAt});
      }
    }
    assertThat(busy).as("nanoseconds of work in 5 s").isGreaterThan(4_900_000_000L);
    long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
    assertThat(Duration.ofNanos(sorted[sorted.length / 2]))
        .as("median")
        .isBetween(AdaptiveLimit.AIM.dividedBy(2), AdaptiveLimit.AIM.multipliedBy(2));
    assertThat(Duration.ofNanos(sorted[sorted.length * 999 / 1_000]))
        .as("p99.9")
        .isLessThan(Duration.ofMillis(100));
  }

  @Test
  void refusal_isDecidedInWellUnderAMillisecond() {
    AdaptiveLimit limit = limit(1);
    assertThat(limit.enter(1)).isTrue();
    long[] taken = new long[10_001];
    for (int i = 0; i < taken.length; i++) {
      long began = System.nanoTime();
      assertThat(limit.enter(1)).isFalse();
      taken[i] = System.nanoTime() - began;
    }
    Arrays.sort(taken);
    assertThat(taken[taken.length / 2]).as("median, nanoseconds").isLessThan(1_000_000);
  }
}
