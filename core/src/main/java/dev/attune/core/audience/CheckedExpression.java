package dev.attune.core.audience;

import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.Program;
import java.util.Map;
import java.util.Optional;

/** A checked, compiled expression over one variable. Equal to another one of its kind and text. */
public abstract sealed class CheckedExpression permits TraitExpression, PropertyExpression {
  private final String text;
  private final String variable;
  private final Program program;

  CheckedExpression(String text, String variable, Program program) {
    this.text = text;
    this.variable = variable;
    this.program = program;
  }

  /** As it was written. */
  public final String text() {
    return text;
  }

  /**
   * Whether it holds; undecided is false.
   *
   * @param values what the variable has, by name
   */
  final boolean test(Map<String, Object> values) {
    try {
      return program.eval(name -> name.equals(variable) ? Optional.of(values) : Optional.empty())
              instanceof Boolean value
          && value;
    } catch (CelEvaluationException e) {
      // Something missing that decides, a division by zero, a list that is too long.
      return false;
    }
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof CheckedExpression that
        && that.variable.equals(variable)
        && that.text.equals(text);
  }

  @Override
  public final int hashCode() {
    return text.hashCode();
  }

  @Override
  public final String toString() {
    return text;
  }
}
