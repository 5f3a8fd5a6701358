package dev.attune.evaluator;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;

/** The audiences in force, compiled once for all tasks. */
final class CurrentAudiences {
  private final DefinitionsSource source;
  private volatile Compiled compiled;

  CurrentAudiences(DefinitionsSource source) {
    this.source = source;
    Definitions current = source.current();
    this.compiled = new Compiled(current, AudienceSet.compile(current));
  }

  /** The newest set; compiles it when the definitions are others than the last time. */
  AudienceSet get() {
    Definitions current = source.current();
    Compiled known = compiled;
    return known.isOf(current) ? known.audiences() : compile(current);
  }

  private synchronized AudienceSet compile(Definitions current) {
    if (!compiled.isOf(current)) {
      compiled = new Compiled(current, AudienceSet.compile(current));
    }
    return compiled.audiences();
  }

  private record Compiled(Definitions definitions, AudienceSet audiences) {
    // The very object: the source makes a new one for each change, and comparing whole sets costs
    // more.
    @SuppressWarnings("ReferenceEquality")
    boolean isOf(Definitions current) {
      return definitions == current;
    }
  }
}
