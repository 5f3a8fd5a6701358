package dev.attune.core.audience;

import dev.attune.proto.v1.EventHistory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
    return limitedTo(key -> set.matcher(key).orElse(null));
  }

  private KnownHistory limitedTo(Function<String, @Nullable Matcher> asked) {
    Map<String, EventHistory> left = new TreeMap<>();
    for (EventHistory told : byKey.values()) {
      Matcher matcher = asked.apply(told.getEvent());
      if (matcher != null) {
        left.put(told.getEvent(), limited(told, matcher.capacity(), matcher.longestMicros()));
      }
    }
    return new KnownHistory(left);
  }

  /** A word on events with what goes beyond another one left out. */
  public static EventHistory limited(EventHistory told, EventHistory by) {
    return limited(told, by.getCapacity(), by.getLongestMicros());
  }

  private static EventHistory limited(EventHistory told, int capacity, long longestMicros) {
    return told.toBuilder()
        .setCapacity(Math.min(told.getCapacity(), capacity))
        .setLongestMicros(Math.min(told.getLongestMicros(), longestMicros))
        .build();
  }

  /**
   * What is left of it for who has not seen every set since a version: nobody may have asked in
   * between for what only newer definitions ask for, and then it was forgotten. What definitions
   * were before is left out: in between there may have been no room for it.
   */
  public KnownHistory askedAt(AudienceSet set, long version) {
    Map<String, Matcher> old = new TreeMap<>();
    set.audiences().stream()
        .filter(audience -> audience.version() <= version)
        .forEach(audience -> audience.needs().forEach((key, n) -> old.merge(key, n, Matcher::max)));
    set.computed().stream()
        .filter(trait -> trait.version() <= version)
        .forEach(trait -> old.merge(trait.need().key(), trait.need(), Matcher::max));
    return limitedTo(old::get);
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
