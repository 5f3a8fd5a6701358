package dev.attune.dispatcher.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.webhook.FlipLimit;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.KnownStates;
import dev.attune.dispatcher.TestClock;
import dev.attune.dispatcher.Webhooks;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two processes that see one state of each webhook, with a clock that the test moves. */
class GatesTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final TestClock clock = new TestClock();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final KnownStates known = new KnownStates(Webhooks.definitions(Webhooks.webhook("a")));
  private final List<String> told = new ArrayList<>();
  private final Instant start = clock.instant();
  private Gates here = gates();
  private final Gates elsewhere = gates();

  private Gates gates() {
    return new Gates(
        known,
        known,
        new DispatcherMetrics(meters, new Backlog(), clock),
        (webhook, state) -> told.add(webhook + ": " + state.reason()),
        Runnable::run,
        FlipLimit.DEFAULT,
        clock);
  }

  private void fail(Gates gates) {
    gates.failed("a", "HTTP 500", clock.instant());
  }

  private WebhookState state() {
    return known.current().webhookState("a");
  }

  @Test
  void failures_forFiveDays_disable_alsoThroughRestarts() {
    fail(here);
    for (int hour = 0; hour < 5 * 24; hour++) {
      assertThat(here.isOpen("a")).as("hour %s", hour).isTrue();
      clock.advance(Duration.ofHours(1));
      if (hour % 24 == 12) {
        here = gates();
      }
      fail(here);
    }
    assertThat(here.isOpen("a")).isFalse();
    assertThat(elsewhere.isOpen("a")).isFalse();
    assertThat(state())
        .isEqualTo(
            WebhookState.INITIAL.disabled(
                "nothing but failure since 2026-03-01T10:00:00Z, the last: HTTP 500",
                clock.instant()));
    assertThat(meters.get("attune.dispatcher.disabled").counter().count()).isEqualTo(1);
    assertThat(told)
        .containsExactly("a: nothing but failure since 2026-03-01T10:00:00Z, the last: HTTP 500");
  }

  // Whoever fails for a moment is not worth a word to all processes.
  @Test
  void failures_areTold_onceTheyLastedAnHour() {
    fail(here);
    clock.advance(Gates.TOLD_AFTER.minus(MINUTE));
    fail(here);
    assertThat(state().isFailing()).isFalse();
    clock.advance(MINUTE);
    fail(here);
    assertThat(state().failingSince()).isEqualTo(start);
  }

  @Test
  void success_ofAnyProcess_beginsAnew_forAll() {
    fail(here);
    fail(elsewhere);
    clock.advance(Duration.ofHours(2));
    fail(here);
    fail(elsewhere);
    assertThat(state().isFailing()).isTrue();
    elsewhere.delivered("a");
    assertThat(state()).isEqualTo(WebhookState.INITIAL);

    clock.advance(Gates.FAILING_MAX);
    fail(here);
    assertThat(state().isFailing()).as("what was before the success does not count").isFalse();
    clock.advance(Gates.TOLD_AFTER);
    fail(here);
    assertThat(state().failingSince()).isEqualTo(clock.instant().minus(Gates.TOLD_AFTER));
    assertThat(here.isOpen("a")).isTrue();
  }

  @Test
  void resumed_failsAnewForFiveDays() {
    fail(here);
    clock.advance(Gates.TOLD_AFTER);
    fail(here);
    clock.advance(Gates.FAILING_MAX);
    fail(here);
    assertThat(here.isOpen("a")).isFalse();

    clock.advance(MINUTE);
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    assertThat(here.isOpen("a")).isTrue();
    fail(here);
    clock.advance(Gates.FAILING_MAX.minus(MINUTE));
    fail(here);
    assertThat(here.isOpen("a")).isTrue();
  }

  // An attempt that began before it was resumed is no reason to disable it again.
  @Test
  void gone_fromBeforeItWasResumed_isOld() {
    here.gone("a", clock.instant());
    assertThat(state().status()).isEqualTo(WebhookState.Status.DISABLED);
    clock.advance(MINUTE);
    assertThat(known.change("a", state -> state.resumed(clock.instant()))).isPresent();
    here.gone("a", start);
    elsewhere.failed("a", "HTTP 500", start);
    assertThat(here.isOpen("a")).isTrue();
    assertThat(state().isActive()).isTrue();
  }

  // The gate is shut at once, and all hear of it once there is somebody to tell.
  @Test
  void gone_whileTheLogIsAway_isShutHere_andToldLater() {
    known.away(true);
    here.gone("a", clock.instant());
    assertThat(here.isOpen("a")).isFalse();
    assertThat(elsewhere.isOpen("a")).isTrue();
    known.away(false);
    assertThat(here.isOpen("a")).isFalse();
    assertThat(elsewhere.isOpen("a")).as("not at every look").isTrue();
    clock.advance(MINUTE);
    assertThat(here.isOpen("a")).isFalse();
    assertThat(elsewhere.isOpen("a")).isFalse();
    assertThat(state().reason()).isEqualTo("the endpoint has gone (HTTP 410)");
    assertThat(meters.get("attune.dispatcher.disabled").counter().count()).isEqualTo(1);
  }

  @Test
  void held_isShutForAll_untilReleased_andGoesOnWithThatRun() {
    here.hold("a", "definition/7", "too much");
    here.hold("a", "definition/7", "too much");
    assertThat(here.isOpen("a")).isFalse();
    assertThat(elsewhere.isOpen("a")).isFalse();
    assertThat(here.count(WebhookState.Status.HELD)).isEqualTo(1);
    assertThat(meters.get("attune.dispatcher.held").counter().count()).isEqualTo(1);

    clock.advance(MINUTE);
    assertThat(known.change("a", state -> state.released(clock.instant()))).isPresent();
    here.hold("a", "definition/7", "too much");
    assertThat(here.isOpen("a")).isTrue();
    elsewhere.hold("a", "definition/8", "too much");
    assertThat(here.isOpen("a")).isFalse();
  }

  @Test
  void gone_ofAPausedWebhook_leavesThePause() {
    assertThat(known.change("a", state -> state.paused(clock.instant()))).isPresent();
    clock.advance(MINUTE);
    here.gone("a", clock.instant());
    assertThat(state()).isEqualTo(WebhookState.INITIAL.paused(start));
    assertThat(here.count(WebhookState.Status.PAUSED)).isEqualTo(1);
  }
}
