package dev.attune.core.audience;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileIds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All audiences of a set of definitions, indexed by what could change their answer, so that the
 * work of a change follows the audiences that it concerns. Immutable.
 */
public final class AudienceSet {
  private static final int FORMER_MAX = 2;

  private final Catalog catalog;
  private final long fingerprint;
  private final Map<String, CompiledAudience> audiences = new TreeMap<>();
  private final Map<String, List<CompiledAudience>> byMatch = new HashMap<>();
  private final Map<String, List<CompiledAudience>> byTrait = new HashMap<>();
  private final Map<String, List<CompiledAudience>> byDate = new TreeMap<>();
  private final Map<String, CompiledTrait> computed = new TreeMap<>();
  private final Map<String, List<CompiledTrait>> computedByMatch = new HashMap<>();
  private final Map<String, Matcher> needs = new TreeMap<>();
  private final Map<String, List<CompiledAudience>> former = new HashMap<>();
  private final Map<String, List<CompiledTrait>> formerTraits = new HashMap<>();
  // With what was asked for before.
  private final Map<String, Matcher> matchers = new TreeMap<>();
  private final Map<String, EventIndex> byName = new HashMap<>();
  private final EventKeys eventKeys;
  private final Set<String> groupTraits = new TreeSet<>();
  private final long groupTraitsHash;

  private AudienceSet(Definitions definitions) {
    this.catalog = definitions.catalog();
    StringBuilder versions = new StringBuilder("catalog " + definitions.catalogVersion());
    Map<String, Long> computedVersions = new HashMap<>();
    definitions
        .computed()
        .keySet()
        .forEach(name -> computedVersions.put(name, version(name, definitions)));
    for (var entry : new TreeMap<>(definitions.audiences()).entrySet()) {
      CompiledAudience audience =
          new CompiledAudience(
              entry.getValue(),
              version(entry.getValue(), definitions),
              definitions.audiences(),
              computedVersions);
      audiences.put(audience.name(), audience);
      versions.append('\n').append(audience.name()).append(' ').append(audience.version());
      index(audience, audience);
      audience.needs().forEach((key, need) -> needs.merge(key, need, Matcher::max));
    }
    for (var entry : new TreeMap<>(definitions.computed()).entrySet()) {
      var trait = new CompiledTrait(entry.getValue(), version(entry.getKey(), definitions));
      computed.put(trait.key(), trait);
      versions.append('\n').append(trait.key()).append(' ').append(trait.version());
      index(trait, trait);
      needs.merge(trait.need().key(), trait.need(), Matcher::max);
    }
    matchers.putAll(needs);
    if (!definitions.former().isEmpty()) {
      addFormer(definitions, versions);
    }
    Map<String, List<Matcher>> named = new HashMap<>();
    for (Matcher matcher : matchers.values()) {
      named.computeIfAbsent(matcher.match().event(), _ -> new ArrayList<>()).add(matcher);
    }
    named.forEach((name, each) -> byName.put(name, new EventIndex(each)));
    this.eventKeys = new EventKeys(matchers.keySet());
    this.fingerprint = EventHash.of(versions.toString());
    this.groupTraitsHash = KnownGroups.asks(groupTraits);
  }

  // What they asked for is remembered as long as it is kept.
  private void addFormer(Definitions definitions, StringBuilder versions) {
    var earlier = new EarlierAudiences(definitions);
    for (CompiledAudience today : audiences.values()) {
      List<CompiledAudience> all = new ArrayList<>();
      Optional<CompiledAudience> was = earlier.before(today.name(), today.version());
      while (was.isPresent() && all.size() < FORMER_MAX) {
        CompiledAudience audience = was.get();
        all.add(audience);
        versions.append("\nwas ").append(today.name()).append(' ').append(audience.version());
        index(audience, today);
        audience.needs().forEach((key, need) -> matchers.merge(key, need, Matcher::max));
        was = earlier.before(today.name(), audience.version());
      }
      if (!all.isEmpty()) {
        former.put(today.name(), all);
      }
    }
    for (CompiledTrait today : computed.values()) {
      List<CompiledTrait> all = formerTraits(today, definitions);
      for (CompiledTrait trait : all) {
        versions.append("\nwas ").append(today.key()).append(' ').append(trait.version());
        index(trait, today);
        matchers.merge(trait.need().key(), trait.need(), Matcher::max);
      }
      if (!all.isEmpty()) {
        formerTraits.put(today.key(), all);
      }
    }
  }

  // Of another type it was another trait.
  private static List<CompiledTrait> formerTraits(CompiledTrait today, Definitions definitions) {
    TraitType type = today.type();
    return definitions.former().computed().getOrDefault(today.name(), List.of()).stream()
        .flatMap(
            each ->
                each
                    .definition()
                    .filter(was -> was.type() == type)
                    .map(was -> new CompiledTrait(was, each.version()))
                    .stream())
        .toList();
  }

  // What one asks for leads to the one of today.
  private void index(CompiledAudience asks, CompiledAudience audience) {
    boolean again = asks != audience;
    index(byMatch, asks.needs().keySet(), audience, again);
    index(byTrait, asks.traits(), audience, again);
    if (!asks.groupTraits().isEmpty()) {
      index(byTrait, List.of(Namespace.GROUPS_TRAIT), audience, again);
      index(byTrait, asks.groupTraits().stream().map(KnownGroups::key).toList(), audience, again);
      groupTraits.addAll(asks.groupTraits());
    }
    index(byDate, asks.dates(), audience, again);
  }

  private void index(CompiledTrait asks, CompiledTrait trait) {
    index(computedByMatch, List.of(asks.need().key()), trait, asks != trait);
  }

  // Of whatever was written last of it and of all that it asks for: that is what decides.
  private static long version(AudienceDefinition audience, Definitions definitions) {
    String kind = audience.when() instanceof Condition.InWarehouse ? "model/" : "audience/";
    long own = definitions.versions().getOrDefault(kind + audience.name(), 0L);
    return Math.max(own, version(audience.when(), definitions));
  }

  private static long version(String computed, Definitions definitions) {
    return definitions.versions().getOrDefault("trait/" + computed, 0L);
  }

  private static long version(Condition condition, Definitions definitions) {
    long newest = 0;
    if (condition instanceof Condition.TraitTest test) {
      for (String trait : test.expression().traits()) {
        newest = Math.max(newest, version(trait, definitions));
      }
    }
    if (condition instanceof Condition.InAudience in) {
      AudienceDefinition asked = definitions.audiences().get(in.name());
      newest = asked == null ? 0 : version(asked, definitions);
    }
    for (Condition part : condition.parts()) {
      newest = Math.max(newest, version(part, definitions));
    }
    return newest;
  }

  /**
   * @param again whether it may be there already: what it was asks for much of the same
   */
  private static <T> void index(
      Map<String, List<T>> index, Collection<String> keys, T one, boolean again) {
    for (String key : keys) {
      List<T> here = index.computeIfAbsent(key, _ -> new ArrayList<>());
      if (!again || !here.contains(one)) {
        here.add(one);
      }
    }
  }

  /**
   * Compiles the audiences of a checked set.
   *
   * @throws DefinitionException when two of the events that they ask for have one number
   */
  public static AudienceSet compile(Definitions definitions) {
    return new AudienceSet(definitions);
  }

  /** All audiences, sorted by name. */
  public Collection<CompiledAudience> audiences() {
    return Collections.unmodifiableCollection(audiences.values());
  }

  public Optional<CompiledAudience> audience(String name) {
    return Optional.ofNullable(audiences.get(name));
  }

  /** All computed traits, sorted by name. */
  public Collection<CompiledTrait> computed() {
    return Collections.unmodifiableCollection(computed.values());
  }

  /** A computed trait, by what it is told under. */
  public Optional<CompiledTrait> computed(String key) {
    return Optional.ofNullable(computed.get(key));
  }

  /** What an audience was before, newest first, with all that it asked for then. */
  public List<CompiledAudience> former(CompiledAudience audience) {
    return Collections.unmodifiableList(former.getOrDefault(audience.name(), List.of()));
  }

  /** What a computed trait was before, newest first. */
  public List<CompiledTrait> former(CompiledTrait trait) {
    return Collections.unmodifiableList(formerTraits.getOrDefault(trait.key(), List.of()));
  }

  /**
   * Whether an audience of the set, or a computed trait that it reads, looks at the newest {@link
   * Condition#EVENTS_MAX} events of a person alone: it is exact for who has no more of them.
   */
  public boolean isBounded(CompiledAudience audience) {
    return audience.isBounded()
        || audience.traits().stream()
            .flatMap(trait -> computed(ComputedKeys.of(trait)).stream())
            .anyMatch(trait -> trait.need().isBounded());
  }

  /** Computed traits that certain events concern, by a key of {@link ProfileState.Taken#news}. */
  public List<CompiledTrait> computedByMatch(String key) {
    return Collections.unmodifiableList(computedByMatch.getOrDefault(key, List.of()));
  }

  /** Audiences that count certain events, by a key of {@link ProfileState.Taken#news}. */
  public List<CompiledAudience> byMatch(String key) {
    return Collections.unmodifiableList(byMatch.getOrDefault(key, List.of()));
  }

  /** Audiences that compare a trait of a profile with now: time alone may bring it into them. */
  public List<CompiledAudience> dated(ProfileState state) {
    return byDate.entrySet().stream()
        .filter(entry -> state.has(entry.getKey()))
        .flatMap(entry -> entry.getValue().stream())
        .toList();
  }

  /** Names of the traits of groups that audiences read. */
  public Set<String> groupTraits() {
    return Collections.unmodifiableSet(groupTraits);
  }

  /** Differs between different {@link #groupTraits}; 0 of none. */
  long groupTraitsHash() {
    return groupTraitsHash;
  }

  /** Audiences that read a trait, by a name as {@link ProfileState#setTraits} gives it. */
  public List<CompiledAudience> byTrait(String trait) {
    return Collections.unmodifiableList(byTrait.getOrDefault(trait, List.of()));
  }

  /**
   * Differs between sets whose answers may differ. Not a version: taking definitions away changes
   * it too. Never 0.
   */
  public long fingerprint() {
    return fingerprint;
  }

  /**
   * The same, while some audiences are not decided, or by what they were before.
   *
   * @param waiting which, and by what; in order, so that the same ones make the same
   */
  public long fingerprint(SortedSet<String> waiting) {
    return waiting.isEmpty() ? fingerprint : EventHash.of(fingerprint + String.join("\n", waiting));
  }

  /**
   * Whether this set has long remembered all that an audience of another set counts now. An
   * audience has remembered it since its version at the latest, which is when it was written, in
   * microseconds. Who is not known to have done so is taken not to have.
   */
  public boolean remembersFor(CompiledAudience audience, long nowMicros) {
    return audience.needs().entrySet().stream()
        .allMatch(
            need ->
                byMatch.getOrDefault(need.getKey(), List.of()).stream()
                    .anyMatch(each -> remembers(each, need.getKey(), need.getValue(), nowMicros)));
  }

  private static boolean remembers(
      CompiledAudience audience, String key, Matcher need, long nowMicros) {
    Matcher has = audience.needs().get(key);
    return has != null && has.covers(need) && audience.version() <= need.neededFrom(nowMicros);
  }

  /** What is to be remembered of events with a key; empty when none counts or counted them. */
  Optional<Matcher> matcher(String key) {
    return Optional.ofNullable(matchers.get(key));
  }

  /** What stored rings call the events. */
  EventKeys eventKeys() {
    return eventKeys;
  }

  /** All that the audiences and computed traits of today need of events. */
  Collection<Matcher> needs() {
    return needs.values();
  }

  /** What may have to be remembered of events of a name; empty when no audience asks for them. */
  Optional<EventIndex> eventsOf(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The id of the profile of a group; empty when the value names none. */
  Optional<String> group(String value) {
    try {
      return Optional.of(ProfileIds.of(catalog.identifier(Namespace.GROUP, value)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The declared type of a trait. */
  Optional<TraitType> type(String trait) {
    return catalog.trait(trait).map(declaration -> declaration.type());
  }

  /**
   * True for what is remembered of a record. All declared traits are, used or not, and all that a
   * warehouse lists the profile in: an audience that comes later then finds them.
   */
  public boolean keeps(String trait) {
    return catalog.trait(trait).filter(declared -> !declared.computed()).isPresent()
        || trait.startsWith(AudienceDefinition.CONSENT_PREFIX)
        || WarehouseMembers.isOne(trait);
  }
}
