package dev.attune.core.audience;

import dev.attune.proto.v1.EventHistory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which events of the past have been told to those who remember them for audiences, by what
 * audiences need of them. Immutable.
 */
public final class KnownHistory {
  /** What {@link #completeFrom} says where no time makes it complete. */
  public static final long NEVER = Long.MAX_VALUE;

  /** Nothing is known. */
  public static final KnownHistory NOTHING = new KnownHistory(Map.of());

  private final Map<String, EventHistory> byKey;

  private KnownHistory(Map<String, EventHistory> byKey) {
    this.byKey = Map.copyOf(byKey);
  }

  /** With these, of which the last one for the same events counts. */
  public static KnownHistory of(Collection<EventHistory> told) {
    Map<String, EventHistory> byKey = new TreeMap<>();
    told.forEach(each -> byKey.put(each.getEvent(), each));
    return new KnownHistory(byKey);
  }

  /** All of it, in no order. */
  public Collection<EventHistory> entries() {
    return byKey.values();
  }

  /** The same and more; what is new counts. */
  public KnownHistory with(Collection<EventHistory> told) {
    List<EventHistory> all = new ArrayList<>(byKey.values());
    all.addAll(told);
    return of(all);
  }

  /**
   * What is left of it where a set is in force: what no audience asks for is forgotten, and so is
   * what lies beyond what they ask for.
   */
  public KnownHistory under(AudienceSet set) {
    Map<String, EventHistory> left = new TreeMap<>();
    for (EventHistory told : byKey.values()) {
      set.matcher(told.getEvent())
          .ifPresent(
              matcher ->
                  left.put(
                      told.getEvent(), limited(told, matcher.capacity(), matcher.longestMicros())));
    }
    return new KnownHistory(left);
  }

  /** What another one has as well. */
  public KnownHistory limitedTo(KnownHistory other) {
    Map<String, EventHistory> left = new TreeMap<>();
    for (EventHistory told : byKey.values()) {
      EventHistory limit = other.byKey.get(told.getEvent());
      if (limit != null) {
        left.put(told.getEvent(), limited(told, limit.getCapacity(), limit.getLongestMicros()));
      }
    }
    return new KnownHistory(left);
  }

  private static EventHistory limited(EventHistory told, int capacity, long longestMicros) {
    return told.toBuilder()
        .setCapacity(Math.min(told.getCapacity(), capacity))
        .setLongestMicros(Math.min(told.getLongestMicros(), longestMicros))
        .build();
  }

  /**
   * What is left of it for who has not seen every set since a version: of what only newer audiences
   * ask for nobody may have asked in between, and then it was forgotten.
   */
  public KnownHistory askedAt(AudienceSet set, long version) {
    return of(
        byKey.values().stream()
            .filter(
                told ->
                    set.byMatch(told.getEvent()).stream()
                            .anyMatch(audience -> audience.version() <= version)
                        || set.computedByMatch(told.getEvent()).stream()
                            .anyMatch(trait -> trait.version() <= version))
            .toList());
  }

  /** Whether all that an audience asks for is in it. */
  public boolean covers(CompiledAudience audience) {
    return audience.needs().values().stream().allMatch(this::covers);
  }

  /** Whether all that a computed trait asks for is in it. */
  public boolean covers(CompiledTrait trait) {
    return covers(trait.need());
  }

  boolean covers(Matcher need) {
    EventHistory told = byKey.get(need.key());
    return told != null
        && told.getCapacity() >= need.capacity()
        && told.getLongestMicros() >= need.longestMicros();
  }

  /**
   * From when on an audience knows all events that its windows see, microseconds; {@link #NEVER}
   * when it counts since an instant from which on not all is known; empty when it does already.
   */
  public OptionalLong completeFrom(CompiledAudience audience, long nowMicros) {
    long latest = Long.MIN_VALUE;
    for (Matcher need : audience.needs().values()) {
      EventHistory told = byKey.get(need.key());
      long from = told == null ? nowMicros : told.getFromMicros();
      latest = Math.max(latest, need.knownFrom(from));
    }
    return latest <= nowMicros ? OptionalLong.empty() : OptionalLong.of(latest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KnownHistory that && byKey.equals(that.byKey);
  }

  @Override
  public int hashCode() {
    return byKey.hashCode();
  }

  @Override
  public String toString() {
    return byKey.keySet().toString();
  }
}
