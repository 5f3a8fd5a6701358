package dev.attune.core.audience;

import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.EventHistory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The events of the past that audiences of a set need and that are not known yet. Immutable. */
public final class MissingHistory {
  private final Map<String, Matcher> needs;
  private final Map<String, EventIndex> byName = new HashMap<>();
  private final Set<String> audiences = new TreeSet<>();
  private final Set<String> traits = new TreeSet<>();

  private MissingHistory(AudienceSet set, Map<String, Matcher> needs) {
    this.needs = needs;
    Map<String, List<Matcher>> named = new TreeMap<>();
    for (Matcher need : needs.values()) {
      named.computeIfAbsent(need.match().event(), _ -> new ArrayList<>()).add(need);
      set.byMatch(need.key()).stream()
          .filter(audience -> audience.needs().containsKey(need.key()))
          .forEach(audience -> audiences.add(audience.name()));
      set.computedByMatch(need.key()).stream()
          .filter(trait -> trait.need().key().equals(need.key()))
          .forEach(trait -> traits.add(trait.name()));
    }
    named.forEach((name, each) -> byName.put(name, new EventIndex(each)));
  }

  /** What a set needs beyond what is known. */
  public static MissingHistory of(AudienceSet set, KnownHistory known) {
    Map<String, Matcher> needs = new TreeMap<>();
    set.needs().stream()
        .filter(matcher -> !known.covers(matcher))
        .forEach(matcher -> needs.put(matcher.key(), matcher));
    return new MissingHistory(set, needs);
  }

  public boolean isEmpty() {
    return needs.isEmpty();
  }

  /** Names of the audiences that ask for it, sorted. */
  public Set<String> audiences() {
    return Collections.unmodifiableSet(audiences);
  }

  /** Names of the computed traits that do, sorted. */
  public Set<String> traits() {
    return Collections.unmodifiableSet(traits);
  }

  /** Names of the events that it is about. */
  public Set<String> events() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  /**
   * What is to be told before the first of its events is, and, filled, behind the last.
   *
   * @param definitionsPosition how far the definitions had been read
   */
  public List<EventHistory> told(long definitionsPosition, long nowMicros) {
    return needs.values().stream()
        .map(
            need ->
                EventHistory.newBuilder()
                    .setEvent(need.key())
                    .setCapacity(need.capacity())
                    .setLongestMicros(need.longestMicros())
                    .setDefinitionsPosition(definitionsPosition)
                    .setBegunAtMicros(nowMicros)
                    .build())
        .toList();
  }

  /** The name of the events of one of {@link #told}. */
  public static String nameOf(EventHistory told) {
    return EventMatch.nameOf(told.getEvent());
  }

  /** Whether an event is one of those. */
  public boolean concerns(Event event) {
    EventIndex index = byName.get(event.getName());
    if (index == null) {
      return false;
    }
    boolean[] found = new boolean[1];
    index.forEach(
        index.readsProperties() ? TraitValues.fields(event.getProperties()) : Map.of(),
        matcher -> found[0] |= matcher.match().taken(event.getProperties()).isPresent());
    return found[0];
  }
}
