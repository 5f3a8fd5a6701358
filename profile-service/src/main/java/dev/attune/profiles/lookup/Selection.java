package dev.attune.profiles.lookup;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What of a profile is wanted.
 *
 * @param view {@code name@version}; empty when there is none
 * @param tag differs between selections whose answers may differ
 * @param whole everything, as it is stored
 * @param traits those wanted, in the caller's order, to the age in microseconds after which a value
 *     is stale
 * @param allTraits undeclared ones, too
 * @param showsTraits whether traits are part of the answer at all; likewise {@code showsAudiences}
 * @param maxAge of the whole answer
 */
record Selection(
    String view,
    String tag,
    boolean whole,
    boolean identifiers,
    Map<String, Long> traits,
    boolean allTraits,
    boolean showsTraits,
    Set<String> audiences,
    boolean allAudiences,
    boolean showsAudiences,
    Duration maxAge) {
  static final long NEVER_STALE = Long.MAX_VALUE;

  /** The reader's own bound holds. */
  static final Duration ANY_AGE = Duration.ofDays(1);

  static final Selection WHOLE =
      new Selection("", "all", true, true, Map.of(), true, true, Set.of(), true, true, ANY_AGE);

  Selection {
    traits = Collections.unmodifiableMap(new LinkedHashMap<>(traits));
    audiences = Set.copyOf(audiences);
  }

  boolean wantsTrait(String name) {
    return allTraits || traits.containsKey(name);
  }

  boolean wantsAudience(String name) {
    return allAudiences || audiences.contains(name);
  }
}
