package dev.attune.core.audience;

import dev.attune.core.catalog.TraitType;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.KnownTrait;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The groups of one person, as far as audiences ask for traits of groups. A group has its own
 * profile, elsewhere: it is told who belongs to it, and tells those what it is. Not thread-safe.
 */
public final class KnownGroups {
  /** Before a trait's name: it is a group's. No trait has such a name. */
  private static final String PREFIX = "#group/";

  private final NavigableMap<String, Known> groups = new TreeMap<>();
  private long asked;

  /**
   * @param version of the group's record; 0 = none
   * @param asked for which traits it answered, see {@link #asks}; 0 = it has not
   */
  private record Known(long version, long asked, Map<String, Value> traits) {
    static final Known NOTHING = new Known(0, 0, new TreeMap<>());
  }

  /**
   * Whom to tell, by the ids of the groups' profiles; sorted.
   *
   * @param joined groups that are to be asked
   * @param left groups that need not answer any more
   */
  public record Notice(List<String> joined, List<String> left) {
    static final Notice NOTHING = new Notice(List.of(), List.of());

    public Notice {
      joined = List.copyOf(joined);
      left = List.copyOf(left);
    }
  }

  KnownGroups() {}

  void decode(EvaluatorState stored) {
    asked = stored.getGroupsAsked();
    for (KnownGroup group : stored.getGroupsList()) {
      groups.put(
          group.getProfileId(), new Known(group.getVersion(), group.getAsked(), traits(group)));
    }
  }

  void encode(EvaluatorState.Builder stored) {
    stored.setGroupsAsked(asked);
    groups.forEach(
        (id, known) ->
            stored.addGroups(
                KnownGroup.newBuilder()
                    .setProfileId(id)
                    .setVersion(known.version())
                    .setAsked(known.asked())
                    .addAllTraits(stored(known.traits()))));
  }

  /** Traits in their stored form, sorted by name. */
  public static List<KnownTrait> stored(Map<String, Value> traits) {
    List<KnownTrait> stored = new ArrayList<>();
    new TreeMap<>(traits)
        .forEach(
            (name, value) ->
                stored.add(KnownTrait.newBuilder().setName(name).setValue(value).build()));
    return stored;
  }

  private static Map<String, Value> traits(KnownGroup group) {
    Map<String, Value> traits = new TreeMap<>();
    group.getTraitsList().forEach(trait -> traits.put(trait.getName(), trait.getValue()));
    return traits;
  }

  /** What a trait of a group is called among the traits that changed. */
  static String key(String trait) {
    return PREFIX + trait;
  }

  /** Stands for a set of traits, whatever their order; 0 of none. */
  public static long asks(Collection<String> traits) {
    // States of an older version have none of these, and ask their groups anew: they do not know
    // who has answered.
    return traits.isEmpty() ? 0 : EventHash.of("2\n" + String.join("\n", new TreeSet<>(traits)));
  }

  /**
   * Whether all groups have answered.
   *
   * @param asks what {@link AudienceSet#groupTraitsHash} says
   */
  boolean areKnown(long asks) {
    return groups.values().stream().allMatch(known -> known.asked() == asks);
  }

  /**
   * Takes note of which groups there are.
   *
   * @param ids of their profiles
   * @param asks what {@link AudienceSet#groupTraitsHash} says
   */
  Notice set(Set<String> ids, long asks) {
    Set<String> now = asks == 0 ? Set.of() : new TreeSet<>(ids);
    List<String> left = groups.navigableKeySet().stream().filter(id -> !now.contains(id)).toList();
    List<String> joined =
        now.stream().filter(id -> asks != asked || !groups.containsKey(id)).toList();
    left.forEach(groups::remove);
    joined.forEach(id -> groups.putIfAbsent(id, Known.NOTHING));
    asked = asks;
    return new Notice(joined, left);
  }

  /**
   * Takes what a group says. One that the person is not in any more is ignored, and so is what is
   * older than what is known, or answers what is not asked any more.
   *
   * @return the traits that changed, as {@link ProfileState#setTraits} names them
   */
  public Set<String> answer(KnownGroup said) {
    Known known = groups.get(said.getProfileId());
    if (known == null || said.getAsked() != asked || said.getVersion() < known.version()) {
      return Set.of();
    }
    Map<String, Value> traits = traits(said);
    groups.put(said.getProfileId(), new Known(said.getVersion(), said.getAsked(), traits));
    Set<String> changed = new TreeSet<>();
    traits.forEach(
        (name, value) -> {
          if (!value.equals(known.traits().get(name))) {
            changed.add(key(name));
          }
        });
    known.traits().keySet().stream()
        .filter(name -> !traits.containsKey(name))
        .forEach(name -> changed.add(key(name)));
    return changed;
  }

  boolean isEmpty() {
    return groups.isEmpty();
  }

  /** Of each group the traits that have a value, as expressions see them. */
  List<Map<String, Object>> values(Function<String, Optional<TraitType>> types) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Known known : groups.values()) {
      Map<String, Object> seen = new HashMap<>();
      known
          .traits()
          .forEach(
              (name, value) ->
                  types
                      .apply(name)
                      .flatMap(type -> TraitValues.of(value, type))
                      .ifPresent(v -> seen.put(name, v)));
      all.add(seen);
    }
    return all;
  }
}
