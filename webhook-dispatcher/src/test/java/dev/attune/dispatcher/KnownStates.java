package dev.attune.dispatcher;

import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.WebhookState;
import dev.attune.core.webhook.WebhookStates;
import dev.attune.platform.definition.DefinitionsSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Definitions that a test changes, and the states of webhooks beside them, as all processes see.
 */
public final class KnownStates implements DefinitionsSource, WebhookStates {
  private volatile Definitions definitions;
  private volatile boolean away;

  public KnownStates(Definitions definitions) {
    this.definitions = definitions;
  }

  /** Other definitions come into force; states stay. */
  public void define(Definitions other) {
    definitions = with(other, definitions.webhookStates());
  }

  /** From now on nothing can be kept, or everything again. */
  public void away(boolean away) {
    this.away = away;
  }

  @Override
  public Definitions current() {
    return definitions;
  }

  @Override
  public long position() {
    return Long.MAX_VALUE;
  }

  @Override
  public void onChange(Consumer<Definitions> listener) {}

  @Override
  public synchronized Optional<WebhookState> change(
      String webhook, UnaryOperator<WebhookState> change) {
    if (away) {
      throw new IllegalStateException("the log is away");
    }
    if (!definitions.webhooks().containsKey(webhook)) {
      return Optional.empty();
    }
    WebhookState state = change.apply(definitions.webhookState(webhook));
    Map<String, WebhookState> states = new HashMap<>(definitions.webhookStates());
    states.put(webhook, state);
    definitions = with(definitions, states);
    return Optional.of(state);
  }

  private static Definitions with(Definitions any, Map<String, WebhookState> states) {
    return new Definitions(
        any.version(),
        any.catalogVersion(),
        any.catalog(),
        any.models(),
        any.computed(),
        any.audiences(),
        any.webhooks(),
        any.views(),
        any.events(),
        any.streams(),
        any.paused(),
        any.webhooksOfApi(),
        states,
        any.sealedSecrets(),
        any.versions(),
        any.former(),
        any.outdated());
  }
}
