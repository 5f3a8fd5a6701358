package dev.attune.core.audience;

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
}
