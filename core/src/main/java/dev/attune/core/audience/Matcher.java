package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;

/**
 * Which events are remembered, how many, and for how long they can matter.
 *
 * @param key of the events, see {@link EventMatch#key}: made once, for it costs a hash, and each
 *     event asks for it
 * @param id of the key, see {@link EventKeys#id}; likewise
 * @param capacity how many of the newest
 * @param withinMicros the longest window; 0: none slides
 * @param sinceMicros the earliest instant of a window that does not slide; {@link Long#MAX_VALUE}:
 *     all slide
 */
record Matcher(
    String key, long id, EventMatch match, int capacity, long withinMicros, long sinceMicros) {
  /** Longer ago than anything, and far from an overflow. */
  private static final long EVER = 1L << 61;

  static Matcher of(EventMatch match, int capacity, Window window) {
    String key = match.key();
    long id = EventKeys.id(key);
    return switch (window) {
      case Window.Within within ->
          new Matcher(key, id, match, capacity, within.micros(), Long.MAX_VALUE);
      case Window.Ago ago ->
          new Matcher(key, id, match, capacity, ago.oldestMicros(), Long.MAX_VALUE);
      case Window.Since since -> new Matcher(key, id, match, capacity, 0, since.micros());
    };
  }

  Matcher max(Matcher other) {
    return new Matcher(
        key,
        id,
        match,
        Math.max(capacity, other.capacity),
        Math.max(withinMicros, other.withinMicros),
        Math.min(sinceMicros, other.sinceMicros));
  }

  /** Whether there may be more in the window than the newest that are looked at. */
  boolean isBounded() {
    return capacity == Condition.EVENTS_MAX;
  }

  /** How long before now an event can matter. */
  long longestMicros() {
    return sinceMicros == Long.MAX_VALUE ? withinMicros : EVER;
  }

  /** Whether what is remembered for this one would do for another one. */
  boolean covers(Matcher other) {
    return capacity >= other.capacity && longestMicros() >= other.longestMicros();
  }

  /** The instant from which on it has to have been remembered to know all that matters now. */
  long neededFrom(long nowMicros) {
    return withinMicros == 0 ? sinceMicros : Math.min(nowMicros - withinMicros, sinceMicros);
  }

  /**
   * From when on all that matters is known to whoever has been told all since an instant; {@link
   * KnownHistory#NEVER} when that instant is too late. 0 stands for all there ever was.
   */
  long knownFrom(long toldFromMicros) {
    if (toldFromMicros == 0) {
      return 0;
    }
    if (toldFromMicros > sinceMicros) {
      return KnownHistory.NEVER;
    }
    return withinMicros == 0 ? 0 : toldFromMicros + withinMicros;
  }
}
