package dev.attune.core.profile;

import dev.attune.proto.v1.Facts;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The earliest time, in microseconds, that anything was said of each identifier. It only gets
 * earlier, so that neither order nor copies of what is said have a say.
 */
final class FirstSeen {
  private static final long UNKNOWN = 0;

  private final Map<Identifier, Long> micros = new HashMap<>();

  static FirstSeen of(Facts facts) {
    FirstSeen seen = new FirstSeen();
    seen.addAll(facts);
    return seen;
  }

  /** A time of an identifier; 0 is none. */
  void add(Identifier identifier, long atMicros) {
    if (atMicros != UNKNOWN) {
      micros.merge(identifier, atMicros, Math::min);
    }
  }

  /** What a content knows. */
  void addAll(Facts facts) {
    // A record of before there were times has fewer of them than identifiers.
    for (int i = 0; i < facts.getFirstSeenMicrosCount(); i++) {
      add(Identifier.of(facts.getIdentifiers(i)), facts.getFirstSeenMicros(i));
    }
    facts
        .getLeavingList()
        .forEach(leaving -> add(Identifier.of(leaving.getIdentifier()), leaving.getAtMicros()));
  }

  /** Forgets identifiers that are elsewhere by now. */
  FirstSeen without(Set<Identifier> gone) {
    micros.keySet().removeAll(gone);
    return this;
  }

  /** When it was; 0 when that is not known. */
  long at(Identifier identifier) {
    return micros.getOrDefault(identifier, UNKNOWN);
  }

  /** Whether this knows of an earlier time than another. */
  boolean isEarlier(Identifier identifier, FirstSeen than) {
    long at = at(identifier);
    return at != UNKNOWN && (than.at(identifier) == UNKNOWN || at < than.at(identifier));
  }

  /**
   * Puts it into a content. Of identifiers that are not its own (any more) it is kept apart: until
   * they are elsewhere, with what is known of them, a crash must not lose it.
   *
   * @param own the content's identifiers, in its order
   */
  void addTo(Facts.Builder facts, List<Identifier> own) {
    facts.clearFirstSeenMicros().clearLeaving();
    if (own.stream().anyMatch(micros::containsKey)) {
      own.forEach(identifier -> facts.addFirstSeenMicros(at(identifier)));
    }
    Map<Identifier, Long> leaving = new TreeMap<>(micros);
    leaving.keySet().removeAll(Set.copyOf(own));
    leaving.forEach(
        (identifier, at) ->
            facts.addLeaving(
                dev.attune.proto.v1.FirstSeen.newBuilder()
                    .setIdentifier(identifier.toProto())
                    .setAtMicros(at)));
  }
}
