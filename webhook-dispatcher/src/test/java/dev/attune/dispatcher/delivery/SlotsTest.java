package dev.attune.dispatcher.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.delivery.Slots.End;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Times are the test's own, in microseconds. */
class SlotsTest {
  private static final long SECOND = 1_000_000;

  private final Slots slots = new Slots(128, 128);
  private long now = 1_000 * SECOND;

  private static WebhookDefinition webhook(String name, String line) {
    return Webhooks.parse(
        """
        name: %s
        url: https://crm.example.com/hook
        secret: {env: SECRET}
        on: {transitions: all}
        %s
        """
            .formatted(name, line));
  }

  private int acquireAll(WebhookDefinition webhook) {
    int acquired = 0;
    while (slots.acquire(webhook, now).isEmpty()) {
      acquired++;
    }
    return acquired;
  }

  private void release(WebhookDefinition webhook, End end, int times) {
    for (int i = 0; i < times; i++) {
      slots.release(webhook.name(), end, now);
    }
  }

  @Test
  void share_growsWithAnswers_upToTheDefinitions() {
    WebhookDefinition webhook = webhook("a", "concurrency: 20");
    assertThat(acquireAll(webhook)).isEqualTo(4);
    release(webhook, End.ANSWERED, 2);
    assertThat(acquireAll(webhook)).isEqualTo(14);
    release(webhook, End.ANSWERED, 4);
    assertThat(acquireAll(webhook)).as("20 in all").isEqualTo(8);
  }

  // Were the slots first come, first served, those that hang would have all of them.
  @Test
  void slots_ofManyEndpointsThatHang_leaveOneForEachOther() {
    for (int i = 0; i < 200; i++) {
      assertThat(acquireAll(webhook("tarpit-" + i, ""))).isPositive();
    }
    WebhookDefinition healthy = webhook("healthy", "");
    for (int i = 0; i < 100; i++) {
      assertThat(acquireAll(healthy)).isOne();
      release(healthy, End.ANSWERED, 1);
    }
  }

  @Test
  void concurrencyOfOne_isOne() {
    WebhookDefinition webhook = webhook("a", "concurrency: 1");
    for (int i = 0; i < 5; i++) {
      assertThat(acquireAll(webhook)).isOne();
      release(webhook, End.ANSWERED, 1);
    }
  }

  @Test
  void rateLimit_isKept_andSaysWhenToAskAgain() {
    WebhookDefinition webhook = webhook("a", "rate_limit: 50");
    long end = now + 10 * SECOND;
    int begun = 0;
    while (now < end) {
      OptionalLong later = slots.acquire(webhook, now);
      if (later.isEmpty()) {
        begun++;
        release(webhook, End.ANSWERED, 1);
      } else {
        assertThat(later.getAsLong()).isGreaterThan(now);
        now = later.getAsLong();
      }
    }
    assertThat(begun).as("in 10 s, with a tenth of a second's worth at once").isEqualTo(504);
  }

  @Test
  void rateLimit_afterARest_bringsATenthOfASecondsWorth_notMore() {
    WebhookDefinition webhook = webhook("a", "rate_limit: 50");
    for (int rest = 0; rest < 3; rest++) {
      int begun = 0;
      while (slots.acquire(webhook, now).isEmpty()) {
        begun++;
        release(webhook, End.ANSWERED, 1);
      }
      assertThat(begun).isEqualTo(5);
      now += 60 * SECOND;
    }
  }

  @Test
  void breaker_opensAfterNothingButFailures_thatLast() {
    WebhookDefinition webhook = webhook("a", "");
    for (int i = 0; i < 100; i++) {
      assertThat(slots.acquire(webhook, now)).as("a moment's failures").isEmpty();
      release(webhook, End.FAILED, 1);
    }
    now += 10 * SECOND;
    assertThat(slots.acquire(webhook, now)).isEmpty();
    release(webhook, End.FAILED, 1);
    assertThat(slots.isBroken("a")).isTrue();
    assertThat(slots.acquire(webhook, now)).hasValue(now + 5 * SECOND);
  }

  @Test
  void breaker_letsOneProbeThrough_laterEachTime_untilOneIsAnswered() {
    WebhookDefinition webhook = webhook("a", "");
    fail(webhook);
    for (long wait : new long[] {5, 10, 20, 40, 60, 60}) {
      assertThat(slots.acquire(webhook, now + wait * SECOND - 1))
          .as("before %s s", wait)
          .isPresent();
      now += wait * SECOND;
      assertThat(slots.acquire(webhook, now)).as("after %s s", wait).isEmpty();
      assertThat(slots.acquire(webhook, now)).as("a second one beside it").isPresent();
      release(webhook, End.SILENT, 1);
    }
    now += 60 * SECOND;
    assertThat(slots.acquire(webhook, now)).isEmpty();
    release(webhook, End.ANSWERED, 1);
    assertThat(slots.isBroken("a")).isFalse();
    assertThat(acquireAll(webhook)).isGreaterThan(1);
  }

  // A probe that was never sent, for want of a secret, says nothing.
  @Test
  void breaker_probeThatIsNotSent_isMadeAgain() {
    WebhookDefinition webhook = webhook("a", "");
    fail(webhook);
    now += 5 * SECOND;
    assertThat(slots.acquire(webhook, now)).isEmpty();
    release(webhook, End.NOT_SENT, 1);
    assertThat(slots.acquire(webhook, now)).isEmpty();
    assertThat(slots.isBroken("a")).isTrue();
  }

  // What was under way when it opened ends like the others, and is no probe.
  @Test
  void breaker_lateFailures_putNothingOff() {
    WebhookDefinition webhook = webhook("a", "");
    assertThat(slots.acquire(webhook, now)).isEmpty();
    fail(webhook);
    now += SECOND;
    release(webhook, End.FAILED, 1);
    assertThat(slots.acquire(webhook, now)).hasValue(now + 4 * SECOND);
  }

  @Test
  void breaker_ofOneEndpoint_isNotThatOfAnother() {
    fail(webhook("a", ""));
    assertThat(slots.acquire(webhook("b", ""), now)).isEmpty();
    assertThat(slots.awaitNoneUsed(Duration.ZERO)).isFalse();
  }

  private void fail(WebhookDefinition webhook) {
    for (int i = 0; i < Breaker.FAILURES; i++) {
      now += SECOND;
      assertThat(slots.acquire(webhook, now)).isEmpty();
      release(webhook, End.FAILED, 1);
    }
    assertThat(slots.isBroken(webhook.name())).isTrue();
  }
}
