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
    while (slots.acquire(webhook, Urgency.LIVE, now).isEmpty()) {
      acquired++;
    }
    return acquired;
  }

  private void release(WebhookDefinition webhook, End end, int times) {
    for (int i = 0; i < times; i++) {
      slots.release(webhook.name(), Urgency.LIVE, end, now);
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

  // Else a recompute would have what live ones need, for as long as a slow endpoint takes.
  @Test
  void bulk_leavesAQuarter_ofAWebhooksSlotsAndOfAll() {
    for (int i = 0; i < 200; i++) {
      WebhookDefinition webhook = webhook("slow-" + i, "");
      for (int j = 0; j < 3 && slots.acquire(webhook, Urgency.BULK, now).isEmpty(); j++) {
        assertThat(j).isLessThan(3);
      }
      assertThat(slots.acquire(webhook, Urgency.BULK, now)).isPresent();
    }
    for (int i = 0; i < 32; i++) {
      assertThat(slots.acquire(webhook("slow-" + i, ""), Urgency.LIVE, now)).isEmpty();
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
      OptionalLong later = slots.acquire(webhook, Urgency.LIVE, now);
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
      while (slots.acquire(webhook, Urgency.LIVE, now).isEmpty()) {
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
      assertThat(slots.acquire(webhook, Urgency.LIVE, now)).as("a moment's failures").isEmpty();
      release(webhook, End.FAILED, 1);
    }
    now += 10 * SECOND;
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
    release(webhook, End.FAILED, 1);
    assertThat(slots.isBroken("a")).isTrue();
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).hasValue(now + 5 * SECOND);
  }

  @Test
  void breaker_letsOneProbeThrough_laterEachTime_untilOneIsAnswered() {
    WebhookDefinition webhook = webhook("a", "");
    fail(webhook);
    for (long wait : new long[] {5, 10, 20, 40, 60, 60}) {
      assertThat(slots.acquire(webhook, Urgency.LIVE, now + wait * SECOND - 1))
          .as("before %s s", wait)
          .isPresent();
      now += wait * SECOND;
      assertThat(slots.acquire(webhook, Urgency.LIVE, now)).as("after %s s", wait).isEmpty();
      assertThat(slots.acquire(webhook, Urgency.LIVE, now))
          .as("a second one beside it")
          .isPresent();
      release(webhook, End.SILENT, 1);
    }
    now += 60 * SECOND;
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
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
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
    release(webhook, End.NOT_SENT, 1);
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
    assertThat(slots.isBroken("a")).isTrue();
  }

  // What was under way when it opened ends like the others, and is no probe.
  @Test
  void breaker_lateFailures_putNothingOff() {
    WebhookDefinition webhook = webhook("a", "");
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
    fail(webhook);
    now += SECOND;
    release(webhook, End.FAILED, 1);
    assertThat(slots.acquire(webhook, Urgency.LIVE, now)).hasValue(now + 4 * SECOND);
  }

  @Test
  void breaker_ofOneEndpoint_isNotThatOfAnother() {
    fail(webhook("a", ""));
    assertThat(slots.acquire(webhook("b", ""), Urgency.LIVE, now)).isEmpty();
    assertThat(slots.awaitNoneUsed(Duration.ZERO)).isFalse();
  }

  private void fail(WebhookDefinition webhook) {
    for (int i = 0; i < Breaker.FAILURES; i++) {
      now += SECOND;
      assertThat(slots.acquire(webhook, Urgency.LIVE, now)).isEmpty();
      release(webhook, End.FAILED, 1);
    }
    assertThat(slots.isBroken(webhook.name())).isTrue();
  }
}
