package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;

/** At least so many events in a window that ends now, and not at least so many others. */
final class CountLeaf implements Leaf {
  /** Of the events, see {@link EventMatch#key}. */
  private final String key;

  private final int atLeast;

  /** -1: no such bound. */
  private final int notAtLeast;

  private final Window window;
  // The window once more, without an object or two between here and the number.
  private final boolean slides;
  private final long micros;

  private CountLeaf(String key, int atLeast, int notAtLeast, Window window) {
    this.key = key;
    this.atLeast = atLeast;
    this.notAtLeast = notAtLeast;
    this.window = window;
    this.slides = window instanceof Window.Within;
    this.micros = window instanceof Window.Within within ? within.micros() : window.before(0) + 1;
  }

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
  public long[] turns(ProfileState state) {
    EventRing ring = state.ring(key);
    long from = notAtLeast < 0 ? Long.MIN_VALUE : expires(ring, notAtLeast);
    return Turns.between(from, expires(ring, atLeast));
  }

  // Until when at least n lie in the window: for ever when n is 0, never when there are fewer.
  private long expires(EventRing ring, int n) {
    if (n == 0) {
      return Long.MAX_VALUE;
    }
    if (ring.size() < n) {
      return Long.MIN_VALUE;
    }
    long at = ring.nth(n);
    return slides ? at + micros : at >= micros ? Long.MAX_VALUE : Long.MIN_VALUE;
  }

  @Override
  public long newest(ProfileState state) {
    return state.ring(key).newestMicros();
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    return state.ring(key).within(window, nowMicros);
  }
}
