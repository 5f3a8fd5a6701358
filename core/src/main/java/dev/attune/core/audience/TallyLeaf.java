package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Window;
import java.util.Arrays;
import java.util.function.Function;

/**
 * What all events in a window come to. Each event changes it when it enters the window and when it
 * leaves it, both in the order of their times: one walk along them finds when the answer turns.
 *
 * @param all key of the events, see {@link EventMatch#key}
 * @param others key of those of them that fit, where the oldest one alone decides; else the same
 * @param tally an empty one
 */
record TallyLeaf(String all, String others, Window window, Function<ProfileState, Tally> tally)
    implements Leaf {
  static TallyLeaf of(Condition.EventCount count) {
    var asked = new Tally.Bound(count.comparison(), count.count());
    String key = count.match().key();
    return new TallyLeaf(key, key, count.window(), _ -> new Tally.Count(asked));
  }

  static TallyLeaf of(Condition.EventAggregate condition) {
    var asked = new Tally.Bound(condition.comparison(), condition.bound());
    String key = condition.match().key();
    return new TallyLeaf(
        key,
        key,
        condition.window(),
        _ ->
            switch (condition.aggregate()) {
              case SUM -> new Tally.Sum(asked, false);
              case AVERAGE -> new Tally.Sum(asked, true);
              case MIN -> new Tally.Extreme(asked, false);
              case MAX -> new Tally.Extreme(asked, true);
              case DISTINCT -> new Tally.Distinct(asked);
            });
  }

  static TallyLeaf of(Condition.FirstEvent first) {
    String fitting = first.fitting().key();
    return new TallyLeaf(
        first.all().key(), fitting, first.window(), state -> new Tally.First(state.ring(fitting)));
  }

  @Override
  public long[] turns(ProfileState state) {
    EventRing ring = state.newest(all);
    Tally of = tally.apply(state);
    long[] turns = new long[4];
    int found = 0;
    boolean holds = false;
    // The places of the oldest one that has not entered, and of the oldest that is inside.
    int entering = ring.size();
    int leaving = ring.size();
    long at = Long.MIN_VALUE;
    while (at != Long.MAX_VALUE) {
      while (entering > 0 && window.from(ring.nth(entering)) <= at) {
        of.enter(ring, entering--);
      }
      while (leaving > entering && window.until(ring.nth(leaving)) <= at) {
        of.leave(ring, leaving--);
      }
      if (of.holds() != holds) {
        holds = !holds;
        turns = found == turns.length ? Arrays.copyOf(turns, 2 * found) : turns;
        turns[found++] = at;
      }
      at = entering > 0 ? window.from(ring.nth(entering)) : Long.MAX_VALUE;
      at = leaving > entering ? Math.min(at, window.until(ring.nth(leaving))) : at;
    }
    return Arrays.copyOf(turns, found);
  }

  @Override
  public long newest(ProfileState state) {
    return Math.max(state.ring(all).newestMicros(), state.ring(others).newestMicros());
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    EventRing counted = state.newest(all).within(window, nowMicros);
    return all.equals(others) ? counted : counted.oldest();
  }

  @Override
  public boolean isLimited(ProfileState state, long nowMicros) {
    return state.ring(all).isFull(window, nowMicros);
  }

  /** What they come to at an instant, for people; empty when that is nothing. */
  String text(ProfileState state, long nowMicros) {
    EventRing counted = state.newest(all).within(window, nowMicros);
    Tally of = tally.apply(state);
    for (int n = counted.size(); n > 0; n--) {
      of.enter(counted, n);
    }
    return of.text();
  }
}
