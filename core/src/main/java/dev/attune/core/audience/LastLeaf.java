package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;

/**
 * The newest event of a name lies in the window, and its properties fit. Nothing is kept of the
 * properties: the newest event fits exactly when it is among those that fit.
 *
 * @param all key of all events of the name, see {@link EventMatch#key}
 * @param fitting key of those that fit
 */
record LastLeaf(String all, String fitting, Window window) implements Leaf {
  static LastLeaf of(Condition.LastEvent last) {
    return new LastLeaf(last.all().key(), last.fitting().key(), last.window());
  }

  @Override
  public long[] turns(ProfileState state) {
    EventRing events = state.ring(all);
    return events.size() > 0 && state.ring(fitting).find(events.hash(1)) > 0
        ? Turns.between(window.from(events.nth(1)), window.until(events.nth(1)))
        : Turns.NEVER;
  }

  @Override
  public long newest(ProfileState state) {
    return state.ring(all).newestMicros();
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    return state.ring(all).newest(1).within(window, nowMicros);
  }
}
