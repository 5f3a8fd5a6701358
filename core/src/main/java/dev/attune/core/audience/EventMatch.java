package dev.attune.core.audience;

import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/**
 * Which events a condition is about.
 *
 * @param event the exact name
 * @param where of those, only the ones whose properties fit
 */
public record EventMatch(String event, Optional<PropertyExpression> where) {
  // No event's name in a definition has it.
  private static final char SEPARATOR = '\0';

  /** All events of a name. */
  static EventMatch of(String event) {
    return new EventMatch(event, Optional.empty());
  }

  /**
   * What its events are remembered under: the name, or the name and a hash of the expression. It
   * stands in every state, so that it must not be as long as somebody can write.
   */
  String key() {
    return where
        .map(
            expression ->
                event + SEPARATOR + HexFormat.of().toHexDigits(EventHash.of(expression.text())))
        .orElse(event);
  }

  /** Whether an event of the name has such properties. */
  boolean fits(Map<String, Object> properties) {
    return where.map(expression -> expression.test(properties)).orElse(true);
  }
}
