package dev.attune.core.audience;

import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Value;
import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.Program;

/**
 * An expression over an event's properties. A property that is not there, or null, has no value:
 * what it would have to decide does not hold. Values of different types are different; which of
 * them is greater is not decided.
 */
public final class PropertyExpression extends CheckedExpression {
  PropertyExpression(String text, Program program, CelExpr checked) {
    super(text, PropertyLanguage.VARIABLE, program, checked);
  }

  /**
   * Reads an expression of a definition.
   *
   * @throws dev.attune.core.definition.DefinitionException when it cannot be taken
   */
  public static PropertyExpression parse(Yaml yaml) {
    return PropertyLanguage.compile(yaml);
  }

  /** Whether it holds for an event's properties, an object; undecided is false. */
  public boolean holds(Value properties) {
    return test(TraitValues.fields(properties));
  }
}
