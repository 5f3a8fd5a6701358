package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;

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
    return ring.size() < n ? Long.MIN_VALUE : window.until(ring.nth(n));
  }

  @Override
  public long newest(ProfileState state) {
    return state.ring(key).newestMicros();
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    return state.ring(key).after(window.before(nowMicros));
  }
}
