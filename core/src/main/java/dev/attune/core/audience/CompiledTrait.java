package dev.attune.core.audience;

import dev.attune.core.catalog.TraitType;
import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Value;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A computed trait, ready to be asked. Immutable. */
public final class CompiledTrait {
  private final ComputedTrait definition;
  private final long version;
  private final Matcher need;

  CompiledTrait(ComputedTrait definition, long version) {
    this.definition = definition;
    this.version = version;
    this.need =
        Matcher.of(
            definition.match(),
            definition.kind() == ComputedTrait.Kind.LAST && !isBetween(definition)
                ? 1
                : Condition.EVENTS_MAX,
            definition.window());
  }

  // The newest of all may be too new.
  private static boolean isBetween(ComputedTrait definition) {
    return definition.window() instanceof Condition.Window.Ago;
  }

  /**
   * What it comes to.
   *
   * @param value empty: it has none
   * @param flipMicros when time alone may change it; 0: never
   */
  public record Result(Optional<Value> value, long flipMicros) {}

  public String name() {
    return definition.name();
  }

  /** What it is told under. */
  public String key() {
    return definition.key();
  }

  TraitType type() {
    return definition.type();
  }

  /** Version of the definition. */
  public long version() {
    return version;
  }

  /** Which events it needs. */
  Matcher need() {
    return need;
  }

  /** What it comes to at an instant, of what is known of a profile. */
  public Result compute(ProfileState state, long nowMicros) {
    EventRing ring = state.newest(need.key());
    EventRing counted = ring.within(definition.window(), nowMicros);
    return new Result(value(state, counted), flip(ring, nowMicros));
  }

  // When the next event enters the window or leaves it.
  private long flip(EventRing ring, long nowMicros) {
    long next = Long.MAX_VALUE;
    for (int n = 1; n <= ring.size(); n++) {
      long from = definition.window().from(ring.nth(n));
      long until = definition.window().until(ring.nth(n));
      if (from > nowMicros) {
        next = Math.min(next, from);
      } else if (until > nowMicros) {
        next = Math.min(next, until);
      }
    }
    return next == Long.MAX_VALUE ? 0 : next;
  }

  private Optional<Value> value(ProfileState state, EventRing counted) {
    return switch (definition.kind()) {
      case COUNT -> integer(counted.size());
      case DISTINCT -> integer(distinct(counted));
      case SUM -> number(Sums.of(counted).sum());
      case AVERAGE -> counted.size() == 0 ? Optional.empty() : number(Sums.of(counted).average());
      case MIN -> extreme(counted, false);
      case MAX -> extreme(counted, true);
      case FIRST -> counted.size() == 0 ? Optional.empty() : one(state, counted, counted.size());
      case LAST -> counted.size() == 0 ? Optional.empty() : one(state, counted, 1);
    };
  }

  private Optional<Value> one(ProfileState state, EventRing counted, int n) {
    return state.hashed(counted.taken(n)).flatMap(value -> TraitFit.fit(definition.type(), value));
  }

  private static int distinct(EventRing counted) {
    Set<Long> values = new HashSet<>();
    for (int n = 1; n <= counted.size(); n++) {
      values.add(counted.taken(n));
    }
    return values.size();
  }

  private static Optional<Value> extreme(EventRing counted, boolean greatest) {
    if (counted.size() == 0) {
      return Optional.empty();
    }
    long found = counted.taken(1);
    for (int n = 2; n <= counted.size(); n++) {
      found = greatest ? Math.max(found, counted.taken(n)) : Math.min(found, counted.taken(n));
    }
    return number((double) found / Measure.PER_ONE);
  }

  private static Optional<Value> integer(long value) {
    return Optional.of(Value.newBuilder().setInteger(value).build());
  }

  private static Optional<Value> number(double value) {
    return Optional.of(Value.newBuilder().setNumber(value).build());
  }
}
