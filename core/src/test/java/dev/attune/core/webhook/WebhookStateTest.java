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
            initial.paused(NOW).resumed(LATER))) {
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
        .isEqualTo(new WebhookState(WebhookState.Status.ACTIVE, LATER, "", Instant.MAX));
    assertThat(WebhookState.INITIAL.resumed(NOW)).isEqualTo(WebhookState.INITIAL);
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
        .hasMessageContaining("allowed: active, paused, disabled");
  }
}
