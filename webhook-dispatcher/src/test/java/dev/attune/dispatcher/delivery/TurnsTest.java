package dev.attune.dispatcher.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Times are the test's own, in microseconds. */
class TurnsTest {
  private static final long TICK = 25_000;

  private final Turns turns = new Turns();
  private long now = 1_000_000;

  private boolean begin(Urgency urgency) {
    if (!turns.mayBegin(urgency, now)) {
      turns.refused(urgency, now);
      return false;
    }
    turns.begun(urgency, now);
    return true;
  }

  @Test
  void alone_eachBeginsAlways() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(begin(Urgency.LIVE)).isTrue();
    }
    for (int i = 0; i < 1_000; i++) {
      assertThat(begin(Urgency.BULK)).isTrue();
    }
  }

  // One slot, which whoever asks first has: live does at every tick, then bulk.
  @Test
  void both_liveComesFirst_andBulkDoesNotStarve() {
    int live = 0;
    int bulk = 0;
    for (int i = 0; i < 9_000; i++) {
      now += TICK;
      boolean liveBegan = begin(Urgency.LIVE);
      if (liveBegan) {
        live++;
        turns.refused(Urgency.BULK, now);
        turns.refused(Urgency.LIVE, now);
      } else if (begin(Urgency.BULK)) {
        bulk++;
      }
    }
    assertThat(bulk).as("a ninth").isBetween(900, 1_100);
    assertThat(live).isEqualTo(9_000 - bulk);
  }

  @Test
  void live_thatWasRefused_isNext_unlessItDoesNotAskAnyMore() {
    turns.refused(Urgency.LIVE, now);
    assertThat(begin(Urgency.BULK)).isFalse();
    now += 5 * TICK;
    assertThat(begin(Urgency.BULK)).isTrue();
    assertThat(turns.isFresh(now + 5 * TICK)).isTrue();
  }
}
