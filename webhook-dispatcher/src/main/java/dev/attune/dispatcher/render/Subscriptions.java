package dev.attune.dispatcher.render;

import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.platform.definition.DefinitionsSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which webhooks want a cause, under the definitions in force. For one thread. */
final class Subscriptions {
  private final DefinitionsSource source;
  private Definitions definitions = Definitions.NONE;
  private List<WebhookDefinition> webhooks = List.of();
  private final Map<String, List<String>> byEvent = new HashMap<>();
  private final Map<String, List<String>> byAudience = new HashMap<>();

  Subscriptions(DefinitionsSource source) {
    this.source = source;
  }

  /** Whether any webhook wants events at all. */
  boolean wantEvents() {
    refresh();
    return !byEvent.isEmpty();
  }

  /** Names of the webhooks that want an event of this name, sorted. */
  List<String> toEvent(String name) {
    refresh();
    return byEvent.getOrDefault(name, List.of());
  }

  /** Names of the webhooks that want transitions of this audience, sorted. */
  List<String> toAudience(String audience) {
    refresh();
    return byAudience.computeIfAbsent(
        audience,
        a ->
            webhooks.stream()
                .filter(webhook -> webhook.transitions().wants(a))
                .map(WebhookDefinition::name)
                .toList());
  }

  // The source hands out one object per set: comparing contents for each record would cost more
  // than the record.
  @SuppressWarnings("ReferenceEquality")
  private void refresh() {
    Definitions current = source.current();
    if (current == definitions) {
      return;
    }
    definitions = current;
    webhooks =
        current.webhooks().values().stream()
            .sorted(Comparator.comparing(WebhookDefinition::name))
            .toList();
    byAudience.clear();
    byEvent.clear();
    for (WebhookDefinition webhook : webhooks) {
      for (String event : webhook.events()) {
        byEvent.computeIfAbsent(event, _ -> new ArrayList<>()).add(webhook.name());
      }
    }
  }
}
