package dev.attune.core.audience;

import java.util.Map;
import java.util.Optional;

/**
 * Which events a condition is about.
 *
 * @param event the exact name
 * @param where of those, only the ones whose properties fit
 */
public record EventMatch(String event, Optional<PropertyExpression> where) {
  // No text of a definition has it.
  private static final char SEPARATOR = '\0';

  /** All events of a name. */
  static EventMatch of(String event) {
    return new EventMatch(event, Optional.empty());
  }

  /** What its events are remembered under: the name, or the name and the expression. */
  String key() {
    return where.map(expression -> event + SEPARATOR + expression.text()).orElse(event);
  }

  /** Whether an event of the name has such properties. */
  boolean fits(Map<String, Object> properties) {
    return where.map(expression -> expression.test(properties)).orElse(true);
  }
}
