package dev.attune.evaluator;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.CompiledTrait;
import dev.attune.core.audience.KnownHistory;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/** The audiences as one partition decides them. Immutable. */
final class InForce {
  private final AudienceSet audiences;
  private final Optional<KnownHistory> known;
  private final Map<String, Stage> waiting;
  private final Map<String, CompiledAudience> former;
  private final Map<String, CompiledTrait> formerTraits;
  private final long fingerprint;

  /**
   * @param known what has been told of past events; empty: nobody tells any
   * @param waiting those that are not decided as they are defined, by what they are told under, and
   *     why
   * @param former what decides in the place of such audiences, by name; where it has none, nobody
   *     enters or leaves
   * @param formerTraits the same of computed traits, by key
   */
  InForce(
      AudienceSet audiences,
      Optional<KnownHistory> known,
      Map<String, Stage> waiting,
      Map<String, CompiledAudience> former,
      Map<String, CompiledTrait> formerTraits) {
    this.audiences = audiences;
    this.known = known;
    this.waiting = Map.copyOf(waiting);
    this.former = Map.copyOf(former);
    this.formerTraits = Map.copyOf(formerTraits);
    SortedSet<String> decided = new TreeSet<>();
    for (String told : waiting.keySet()) {
      // As it was before there were former ones: nobody is asked anew for that.
      decided.add(
          former.containsKey(told)
              ? told + " " + former.get(told).version()
              : formerTraits.containsKey(told)
                  ? told + " " + formerTraits.get(told).version()
                  : told);
    }
    this.fingerprint = audiences.fingerprint(decided);
  }

  AudienceSet audiences() {
    return audiences;
  }

  /**
   * What decides an audience now: itself, or what it was before; empty: nobody enters or leaves.
   */
  Optional<CompiledAudience> deciding(CompiledAudience audience) {
    return waiting.containsKey(audience.name())
        ? Optional.ofNullable(former.get(audience.name()))
        : Optional.of(audience);
  }

  /** The same of a computed trait; empty: its value stays. */
  Optional<CompiledTrait> deciding(CompiledTrait trait) {
    return waiting.containsKey(trait.key())
        ? Optional.ofNullable(formerTraits.get(trait.key()))
        : Optional.of(trait);
  }

  /**
   * Whether nothing decides an audience, or a computed trait.
   *
   * @param told under which name it is told
   */
  boolean isHeld(String told) {
    return waiting.containsKey(told)
        && !former.containsKey(told)
        && !formerTraits.containsKey(told);
  }

  /** What an audience does; one of a newer set is about to be prepared. */
  Stage stage(CompiledAudience audience) {
    boolean here =
        audiences
            .audience(audience.name())
            .filter(same -> same.version() == audience.version())
            .isPresent();
    return here ? waiting.getOrDefault(audience.name(), Stage.LIVE) : Stage.PREPARING;
  }

  /** Whether all events that an audience counts have been told, be it one of this set or not. */
  boolean knows(CompiledAudience audience, long nowMicros) {
    return known
        .filter(told -> told.covers(audience) && told.completeFrom(audience, nowMicros).isEmpty())
        .isPresent();
  }

  /** See {@link KnownHistory#completeFrom}. */
  OptionalLong completeFrom(CompiledAudience audience, long nowMicros) {
    return known.isEmpty() ? OptionalLong.empty() : known.get().completeFrom(audience, nowMicros);
  }

  /** Differs between those whose answers may differ. Never 0. */
  long fingerprint() {
    return fingerprint;
  }
}
