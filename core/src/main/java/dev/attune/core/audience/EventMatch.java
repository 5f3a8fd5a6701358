package dev.attune.core.audience;

import dev.attune.proto.v1.Value;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Which events a condition is about, and what it takes from each.
 *
 * @param event the exact name
 * @param where of those, only the ones whose properties fit
 * @param measure of those, only the ones that have it
 */
public record EventMatch(
    String event, Optional<PropertyExpression> where, Optional<Measure> measure) {
  // No event's name in a definition has it.
  private static final char SEPARATOR = '\0';

  /** Nothing is taken from them. */
  public EventMatch(String event, Optional<PropertyExpression> where) {
    this(event, where, Optional.empty());
  }

  /** All events of a name. */
  static EventMatch of(String event) {
    return new EventMatch(event, Optional.empty());
  }

  /**
   * What its events are remembered under: the name, or the name and a hash of the expression and of
   * what is taken. It stands in every state, so that it must not be as long as somebody can write.
   */
  String key() {
    if (where.isEmpty() && measure.isEmpty()) {
      return event.intern();
    }
    String asked =
        where.map(CheckedExpression::text).orElse("")
            + measure.map(taken -> SEPARATOR + taken.key()).orElse("");
    return (event + SEPARATOR + HexFormat.of().toHexDigits(EventHash.of(asked))).intern();
  }

  /** The name in a {@link #key}. */
  static String nameOf(String key) {
    int end = key.indexOf(SEPARATOR);
    return end < 0 ? key : key.substring(0, end);
  }

  /** Whether an event of the name has such properties. */
  boolean fits(Map<String, Object> properties) {
    return where.map(expression -> expression.test(properties)).orElse(true);
  }

  /** Whether the values that are taken are kept beside their hashes. */
  boolean keepsValues() {
    return measure.filter(taken -> taken.kind() == Measure.Kind.VALUE).isPresent();
  }

  /** The value whose hash is taken, where it is to be kept. */
  Optional<Value> kept(Value properties) {
    return keepsValues() ? measure.map(taken -> taken.find(properties)) : Optional.empty();
  }

  /** What is taken from an event of the name that fits; empty when it does not have it. */
  OptionalLong taken(Value properties) {
    return measure.isEmpty() ? OptionalLong.of(0) : measure.get().of(properties);
  }
}
