package dev.attune.core.webhook;

import dev.attune.core.audience.PropertyExpression;
import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Event;
import java.util.Optional;
import java.util.Set;

/**
 * Which events a webhook wants.
 *
 * @param names as they stand in events, case included; none when empty
 * @param where of those, only the ones whose properties fit
 */
public record EventFilter(Set<String> names, Optional<PropertyExpression> where) {
  private static final int NAME_LENGTH_MAX = 256;

  /** None. */
  public static final EventFilter NONE = new EventFilter(Set.of(), Optional.empty());

  public EventFilter {
    names = Set.copyOf(names);
  }

  /** Whether an event of one of the names is wanted. */
  public boolean fits(Event event) {
    return where.isEmpty() || where.get().holds(event.getProperties());
  }

  /** Reads {@code {names: [...], where: CEL}}; {@code where} is optional. */
  static EventFilter parse(Yaml yaml) {
    Yaml list = yaml.keys("names", "where").get("names");
    for (Yaml item : list.items()) {
      if (item.text().isBlank() || item.text().length() > NAME_LENGTH_MAX) {
        throw item.error("an event's name has 1 to " + NAME_LENGTH_MAX + " characters");
      }
    }
    return new EventFilter(
        Names.of(list, "event"), yaml.find("where").map(PropertyExpression::parse));
  }
}
