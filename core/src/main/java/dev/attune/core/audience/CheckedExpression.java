package dev.attune.core.audience;

import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.Program;
import java.util.Map;
import java.util.Optional;

/** A checked, compiled expression over one variable. Equal to another one of its kind and text. */
public abstract sealed class CheckedExpression permits TraitExpression, PropertyExpression {
  private final String text;
  private final String variable;
  private final Program program;
  private final Optional<Closure> closure;
  private final Optional<Requirement> requirement;
  private final boolean requirementIsAll;

  /**
   * @param program of all of it
   * @param checked what it consists of
   */
  CheckedExpression(String text, String variable, Program program, CelExpr checked) {
    this.text = text;
    this.variable = variable;
    this.program = program;
    this.closure = Closures.compile(checked, variable);
    this.requirement = Requirement.of(checked, variable);
    this.requirementIsAll = Requirement.isAll(checked, variable);
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
    return closure.isPresent() ? closure.get().answer(values) == Closure.Answer.YES : runs(values);
  }

  /** Whether it is evaluated without CEL. */
  final boolean isClosure() {
    return closure.isPresent();
  }

  /** What it cannot hold without, if there is such a thing. */
  final Optional<Requirement> requirement() {
    return requirement;
  }

  /** Whether it holds wherever that is met. */
  final boolean isRequirementAll() {
    return requirementIsAll;
  }

  /** The same as {@link #test} by CEL's own program. */
  final boolean runs(Map<String, Object> values) {
    try {
      return program.eval(name -> name.equals(variable) ? Optional.of(values) : Optional.empty())
              instanceof Boolean value
          && value;
    } catch (CelEvaluationException e) {
      // Something missing that decides, a division by zero. A limit is never met, see Cost.
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
