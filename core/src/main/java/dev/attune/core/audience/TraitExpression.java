package dev.attune.core.audience;

import dev.cel.runtime.Program;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A checked, compiled expression over traits. Equal to another one of the same text. */
public final class TraitExpression {
  private final String text;
  private final Set<String> traits;
  private final Program program;

  TraitExpression(String text, Set<String> traits, Program program) {
    this.text = text;
    this.traits = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(traits));
    this.program = program;
  }

  /** As it was written. */
  public String text() {
    return text;
  }

  /** The traits it reads, sorted. */
  public Set<String> traits() {
    return traits;
  }

  /**
   * Whether it holds. A missing trait that decides leaves it undecided, and undecided is false.
   *
   * @param values of the traits, by name, as {@link TraitValues} gives them
   */
  boolean test(Map<String, Object> values) {
    return Expressions.holds(program, TraitLanguage.VARIABLE, values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TraitExpression that && that.text.equals(text);
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
