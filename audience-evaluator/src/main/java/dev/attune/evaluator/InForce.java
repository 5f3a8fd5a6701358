package dev.attune.evaluator;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.KnownHistory;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** The audiences as one partition decides them. Immutable. */
final class InForce {
  private final AudienceSet audiences;
  private final Optional<KnownHistory> known;
  private final Map<String, Stage> waiting;
  private final long fingerprint;

  /**
   * @param known what has been told of past events; empty: nobody tells any
   * @param waiting those that nobody enters or leaves for now, and why
   */
  InForce(AudienceSet audiences, Optional<KnownHistory> known, Map<String, Stage> waiting) {
    this.audiences = audiences;
    this.known = known;
    this.waiting = Map.copyOf(waiting);
    this.fingerprint = audiences.fingerprint(new TreeMap<>(waiting).navigableKeySet());
  }

  AudienceSet audiences() {
    return audiences;
  }

  /**
   * Whether nobody enters or leaves an audience for now, or the value of a computed trait stays.
   *
   * @param told under which name it is told
   */
  boolean isWaiting(String told) {
    return !waiting.isEmpty() && waiting.containsKey(told);
  }

  /** What an audience of the set in force does; one of a newer set is about to be prepared. */
  Stage stage(CompiledAudience audience) {
    boolean here =
        audiences
            .audience(audience.name())
            .filter(same -> same.version() == audience.version())
            .isPresent();
    return here ? waiting.getOrDefault(audience.name(), Stage.LIVE) : Stage.PREPARING;
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
