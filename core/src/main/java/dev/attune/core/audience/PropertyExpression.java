package dev.attune.core.audience;

import dev.cel.runtime.Program;
import java.util.Map;

/**
 * A checked, compiled expression over an event's properties. Equal to another one of the same text.
 */
public final class PropertyExpression {
  private final String text;
  private final Program program;

  PropertyExpression(String text, Program program) {
    this.text = text;
    this.program = program;
  }

  /** As it was written. */
  public String text() {
    return text;
  }

  /**
   * Whether it holds. A property that is not there, or null, has no value: what it would have to
   * decide does not hold. Values of different types are different; which of them is greater is not
   * decided.
   */
  boolean test(Map<String, Object> properties) {
    return Expressions.holds(program, PropertyLanguage.VARIABLE, properties);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PropertyExpression that && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
