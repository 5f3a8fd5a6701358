package dev.attune.core.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebhookStateTest {
  private static final Instant NOW = Instant.parse("2026-11-30T10:00:00.000123Z");
  private static final Instant LATER = NOW.plusSeconds(60);

  @Test
  void state_isReadAsItWasWritten() {
    WebhookState initial = WebhookState.INITIAL;
    for (WebhookState state :
        List.of(
            initial,
            initial.failing(NOW),
            initial.paused(NOW),
            initial.disabled("it's gone: HTTP 410 # \"now\"", NOW),
            initial.paused(NOW).resumed(LATER),
            initial.held("model/orders/r7", "run r7 of model orders: too much", NOW),
            initial.held("definition/7", "too much", NOW).released(LATER))) {
      assertThat(WebhookState.parse(Yaml.parse("state", state.yaml()))).isEqualTo(state);
    }
  }

  // The operator's word: an endpoint that fails on does not undo a pause, and a pause hides no
  // reason.
  @Test
  void change_ofWhatIsNotActive_leavesIt() {
    WebhookState paused = WebhookState.INITIAL.paused(NOW);
    assertThat(paused.disabled("gone", LATER)).isEqualTo(paused);
    assertThat(paused.failing(LATER)).isEqualTo(paused);
    WebhookState disabled = WebhookState.INITIAL.disabled("gone", NOW);
    assertThat(disabled.paused(LATER)).isEqualTo(disabled);
  }

  @Test
  void resumed_hasACleanRecord() {
    assertThat(WebhookState.INITIAL.failing(NOW).disabled("gone", NOW).resumed(LATER))
        .isEqualTo(new WebhookState(WebhookState.Status.ACTIVE, LATER, "", Instant.MAX, ""));
    assertThat(WebhookState.INITIAL.resumed(NOW)).isEqualTo(WebhookState.INITIAL);
  }

  // Who releases it has seen the run: it is not held again because of what is left of it.
  @Test
  void held_isReleasedOnly_andThenNotHeldByTheSameRun() {
    WebhookState held = WebhookState.INITIAL.held("definition/7", "too much", NOW);
    assertThat(held.isActive()).isFalse();
    assertThat(held.resumed(LATER)).isEqualTo(held);
    WebhookState released = held.released(LATER);
    assertThat(released.isActive()).isTrue();
    assertThat(released.held("definition/7", "still", LATER)).isEqualTo(released);
    assertThat(released.held("definition/8", "again", LATER).isActive()).isFalse();
    WebhookState paused = released.paused(LATER);
    assertThat(paused.released(LATER)).isEqualTo(paused);
    assertThat(paused.held("definition/8", "again", LATER)).isEqualTo(paused);
    assertThat(paused.resumed(LATER).held("definition/7", "still", LATER).isActive()).isTrue();
  }

  @Test
  void failing_isSinceTheFirstWord() {
    assertThat(WebhookState.INITIAL.failing(NOW).failing(LATER).failingSince()).isEqualTo(NOW);
    assertThat(WebhookState.INITIAL.failing(NOW).well()).isEqualTo(WebhookState.INITIAL);
  }

  @Test
  void parse_somethingElse_isRefused() {
    assertThatThrownBy(
            () -> WebhookState.parse(Yaml.parse("state", "state: off\nsince: 2026-01-01")))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("allowed: active, paused, disabled, held");
  }
}
