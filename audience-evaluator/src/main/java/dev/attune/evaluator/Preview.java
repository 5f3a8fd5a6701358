package dev.attune.evaluator;

import dev.attune.core.audience.AudienceChanges;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.Evaluation;
import dev.attune.core.audience.ProfileState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who would enter and who would leave if other definitions were in force, of the profiles that it
 * is shown. Changes nothing. Not thread-safe.
 */
final class Preview {
  /** Most profiles that are named for each direction. */
  static final int EXAMPLES_MAX = 5;

  private final AudienceSet after;
  private final long nowMicros;
  private final List<Difference> differences = new ArrayList<>();
  private long profiles;

  /**
   * @param known whether all events that an audience counts have been told to whoever remembers
   *     them
   * @param nowMicros what windows are measured against
   */
  Preview(
      AudienceSet before,
      AudienceSet after,
      AudienceChanges changes,
      Predicate<CompiledAudience> known,
      long nowMicros) {
    this.after = after;
    this.nowMicros = nowMicros;
    for (String name : changes.audiences()) {
      Optional<CompiledAudience> audience = after.audience(name);
      Unknown unknown =
          audience.map(a -> unknown(a, before, changes, known, nowMicros)).orElse(Unknown.NOTHING);
      differences.add(new Difference(name, audience, unknown));
    }
  }

  /** What would decide and cannot be known before it is applied. */
  enum Unknown {
    NOTHING,
    /** Not all events that it counts have been remembered, or nobody can say that they have. */
    EVENTS,
    /** A trait that it reads is declared otherwise: profiles are folded anew first. */
    TRAITS,
    /** A table that it asks for is read by the next refresh. */
    TABLE,
    /**
     * It asks for traits of groups for which no audience asks yet: their groups tell them first.
     */
    GROUPS
  }

  private static Unknown unknown(
      CompiledAudience audience,
      AudienceSet before,
      AudienceChanges changes,
      Predicate<CompiledAudience> known,
      long nowMicros) {
    if (changes.tables().stream().anyMatch(audience::readsTable)) {
      return Unknown.TABLE;
    }
    if (Stream.concat(audience.traits().stream(), audience.groupTraits().stream())
        .anyMatch(changes.traits()::contains)) {
      return Unknown.TRAITS;
    }
    if (!before.groupTraits().containsAll(audience.groupTraits())) {
      return Unknown.GROUPS;
    }
    return known.test(audience) || before.remembersFor(audience, nowMicros)
        ? Unknown.NOTHING
        : Unknown.EVENTS;
  }

  /** The set that states are to be read with. */
  AudienceSet after() {
    return after;
  }

  /** Names of the events that would decide and may not all have been remembered. */
  Set<String> unknownEvents() {
    return differences.stream()
        .filter(difference -> difference.unknown == Unknown.EVENTS)
        .flatMap(difference -> difference.audience.stream())
        .flatMap(audience -> audience.events().stream())
        .collect(Collectors.toSet());
  }

  /** Looks at a profile. */
  void look(String profileId, ProfileState state) {
    if (state.isRedirect() || state.profileVersion() == 0) {
      return;
    }
    profiles++;
    for (Difference difference : differences) {
      difference.look(profileId, state, nowMicros);
    }
  }

  /** How many profiles were looked at. */
  long profiles() {
    return profiles;
  }

  List<Difference> differences() {
    return differences;
  }

  /** Of one audience. */
  static final class Difference {
    private final String name;
    private final Optional<CompiledAudience> audience;
    private final Unknown unknown;
    private final List<String> entering = new ArrayList<>();
    private final List<String> leaving = new ArrayList<>();
    private long members;
    private long enter;
    private long leave;

    Difference(String name, Optional<CompiledAudience> audience, Unknown unknown) {
      this.name = name;
      this.audience = audience;
      this.unknown = unknown;
    }

    private void look(String profileId, ProfileState state, long now) {
      boolean was = state.memberships().containsKey(name);
      Optional<Evaluation> would = audience.map(a -> a.evaluate(state, now));
      // As whoever decides does: who is no member has to be one at the newest event, too.
      boolean is = would.map(w -> was ? w.member() : w.mayEnter()).orElse(false);
      if (was) {
        members++;
      }
      if (is && !was) {
        enter++;
        example(entering, profileId);
      } else if (was && !is) {
        leave++;
        example(leaving, profileId);
      }
    }

    private static void example(List<String> examples, String profileId) {
      if (examples.size() < EXAMPLES_MAX) {
        examples.add(profileId);
      }
    }

    String name() {
      return name;
    }

    /** Whether the audience would be gone. */
    boolean isGone() {
      return audience.isEmpty();
    }

    /** What decides besides what is told here. */
    Unknown unknown() {
      return unknown;
    }

    /** Members as last told. */
    long members() {
      return members;
    }

    long enter() {
      return enter;
    }

    long leave() {
      return leave;
    }

    /** Ids of some who would enter. */
    List<String> entering() {
      return entering;
    }

    /** Ids of some who would leave. */
    List<String> leaving() {
      return leaving;
    }
  }
}
