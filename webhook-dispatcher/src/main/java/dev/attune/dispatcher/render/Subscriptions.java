package dev.attune.dispatcher.render;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.definition.Definitions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which webhooks want a cause, under the definitions in force. For one thread. */
final class Subscriptions {
  private final DefinitionsSource source;
  private Definitions definitions = Definitions.NONE;
  private List<WebhookDefinition> webhooks = List.of();
  private List<WebhookDefinition> toStates = List.of();
  private final Map<String, List<WebhookDefinition>> byEvent = new HashMap<>();
  private final Map<String, List<WebhookDefinition>> byAudience = new HashMap<>();

  Subscriptions(DefinitionsSource source) {
    this.source = source;
  }

  /** Whether any webhook wants events or states at all. */
  boolean wantChanges() {
    refresh();
    return !byEvent.isEmpty() || !toStates.isEmpty();
  }

  /** The webhooks that want to know of profile changes, by name. */
  List<WebhookDefinition> toStates() {
    refresh();
    return toStates;
  }

  /** The webhooks that want this event, by name. */
  List<WebhookDefinition> toEvent(Event event) {
    refresh();
    return byEvent.getOrDefault(event.getName(), List.of()).stream()
        .filter(webhook -> webhook.events().fits(event))
        .toList();
  }

  /** The webhooks that want transitions of this audience, by name. */
  List<WebhookDefinition> toAudience(String audience) {
    refresh();
    return byAudience.computeIfAbsent(
        audience,
        name -> {
          AudienceDefinition defined = definitions.audiences().get(name);
          Set<String> tags = defined == null ? Set.of() : defined.tags();
          return webhooks.stream()
              .filter(webhook -> webhook.transitions().wants(name, tags))
              .toList();
        });
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
    toStates = webhooks.stream().filter(webhook -> !webhook.traits().isEmpty()).toList();
    byAudience.clear();
    byEvent.clear();
    for (WebhookDefinition webhook : webhooks) {
      for (String event : webhook.events().names()) {
        byEvent.computeIfAbsent(event, _ -> new ArrayList<>()).add(webhook);
      }
    }
  }
}
