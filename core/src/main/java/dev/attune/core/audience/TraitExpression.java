package dev.attune.core.audience;

import dev.cel.common.ast.CelExpr;
import dev.cel.runtime.Program;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * An expression over traits, whose values are as {@link TraitValues} gives them. A missing trait
 * that decides leaves it undecided.
 */
public final class TraitExpression extends CheckedExpression {
  private final Set<String> traits;

  TraitExpression(String text, Set<String> traits, Program program, CelExpr checked) {
    super(text, TraitLanguage.VARIABLE, program, checked);
    this.traits = Collections.unmodifiableSortedSet(new TreeSet<>(traits));
  }

  /** The traits it reads, sorted. */
  public Set<String> traits() {
    return traits;
  }
}
