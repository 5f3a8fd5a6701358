package dev.attune.core.audience;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Definitions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All audiences of a set of definitions, indexed by what could change their answer, so that the
 * work of a change follows the audiences that it concerns. Immutable.
 */
public final class AudienceSet {
  private final Catalog catalog;
  private final long fingerprint;
  private final Map<String, CompiledAudience> audiences = new TreeMap<>();
  private final Map<String, List<CompiledAudience>> byEvent = new HashMap<>();
  private final Map<String, List<CompiledAudience>> byTrait = new HashMap<>();
  private final Map<String, Matcher> matchers = new HashMap<>();

  private AudienceSet(Definitions definitions) {
    this.catalog = definitions.catalog();
    StringBuilder versions = new StringBuilder("catalog " + definitions.catalogVersion());
    for (var entry : new TreeMap<>(definitions.audiences()).entrySet()) {
      String kind =
          entry.getValue().when() instanceof Condition.InWarehouse ? "model/" : "audience/";
      long version = definitions.versions().getOrDefault(kind + entry.getKey(), 0L);
      var audience = new CompiledAudience(entry.getValue(), version);
      audiences.put(audience.name(), audience);
      versions.append('\n').append(audience.name()).append(' ').append(version);
      audience
          .events()
          .forEach(e -> byEvent.computeIfAbsent(e, _ -> new ArrayList<>()).add(audience));
      audience
          .traits()
          .forEach(t -> byTrait.computeIfAbsent(t, _ -> new ArrayList<>()).add(audience));
      match(entry.getValue().when());
    }
    this.fingerprint = EventHash.of(versions.toString());
  }

  /** Compiles the audiences of a checked set. */
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

  /** Audiences that count events of a name. */
  public List<CompiledAudience> byEvent(String event) {
    return Collections.unmodifiableList(byEvent.getOrDefault(event, List.of()));
  }

  /** Audiences that read a trait. */
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

  /** What is to be remembered of events of a name; empty when no audience counts them. */
  Optional<Matcher> matcher(String event) {
    return Optional.ofNullable(matchers.get(event));
  }

  /** Names of all events that are counted. */
  public Collection<String> events() {
    return new TreeMap<>(matchers).keySet();
  }

  /** The declared type of a trait. */
  Optional<TraitType> type(String trait) {
    return catalog.trait(trait).map(declaration -> declaration.type());
  }

  /**
   * True for what is remembered of a record. All declared traits are, used or not, and all that a
   * warehouse lists the profile in: an audience that comes later then finds them.
   */
  boolean keeps(String trait) {
    return catalog.trait(trait).isPresent()
        || trait.startsWith(AudienceDefinition.CONSENT_PREFIX)
        || WarehouseMembers.isOne(trait);
  }

  private void match(Condition condition) {
    switch (condition) {
      case Condition.All all -> all.conditions().forEach(this::match);
      case Condition.Any any -> any.conditions().forEach(this::match);
      case Condition.Not not -> match(not.condition());
      case Condition.TraitTest _, Condition.InWarehouse _ -> {}
      case Condition.EventCount count ->
          matchers.merge(
              count.event(),
              new Matcher(Math.max(1, count.needed()), count.within().toMillis() * 1_000),
              Matcher::max);
    }
  }

  /** How many events are remembered, and for how long they can matter. */
  record Matcher(int capacity, long longestMicros) {
    Matcher max(Matcher other) {
      return new Matcher(
          Math.max(capacity, other.capacity), Math.max(longestMicros, other.longestMicros));
    }
  }
}
