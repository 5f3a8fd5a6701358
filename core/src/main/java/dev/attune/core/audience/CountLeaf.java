package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;
import dev.attune.core.profile.TraitFit;

/**
 * At least so many events in the window, and not at least so many others.
 *
 * @param key of the events, see {@link EventMatch#key}
 * @param notAtLeast -1: no such bound
 */
record CountLeaf(String key, int atLeast, int notAtLeast, Window window) implements Leaf {
  static CountLeaf of(Condition.EventCount count) {
    int n = count.count();
    int notAtLeast = count.comparison() == Comparison.EXACTLY ? n + 1 : -1;
    int atLeast =
        switch (count.comparison()) {
          case AT_LEAST, EXACTLY, LESS_THAN -> n;
          case MORE_THAN, AT_MOST -> n + 1;
        };
    return new CountLeaf(count.match().key(), atLeast, notAtLeast, count.window());
  }

  /** "At most" and "less than" are the opposite of a count that is reached. */
  static boolean negated(Comparison comparison) {
    return comparison == Comparison.AT_MOST || comparison == Comparison.LESS_THAN;
  }

  /** How long before now an event can matter at most. */
  static long longestMicros(Window window) {
    return switch (window) {
      case Window.Within within -> within.micros();
      case Window.Since _ -> AudienceSet.EVER;
    };
  }

  @Override
  public long until(ProfileState state) {
    return expires(state.ring(key), atLeast);
  }

  @Override
  public long from(ProfileState state) {
    return notAtLeast < 0 ? Long.MIN_VALUE : expires(state.ring(key), notAtLeast);
  }

  // Until when at least n lie in the window: for ever when n is 0, never when there are fewer.
  private long expires(EventRing ring, int n) {
    if (n == 0) {
      return Long.MAX_VALUE;
    }
    if (ring.size() < n) {
      return Long.MIN_VALUE;
    }
    return switch (window) {
      case Window.Within within -> ring.nth(n) + within.micros();
      case Window.Since since ->
          ring.nth(n) >= TraitFit.micros(since.start()) ? Long.MAX_VALUE : Long.MIN_VALUE;
    };
  }

  @Override
  public long newest(ProfileState state) {
    EventRing ring = state.ring(key);
    return ring.size() == 0 ? Long.MIN_VALUE : ring.nth(1);
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    return switch (window) {
      case Window.Within within -> state.ring(key).after(nowMicros - within.micros());
      case Window.Since since -> state.ring(key).after(TraitFit.micros(since.start()) - 1);
    };
  }
}
