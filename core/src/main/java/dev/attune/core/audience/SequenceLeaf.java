package dev.attune.core.audience;

import dev.attune.core.audience.Condition.Sequence;
import dev.attune.core.audience.Condition.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Events in an order, within a window, and none of some others between two of them. For each event
 * of a step it is known which chain of earlier steps that ends with it begins last: that one stays
 * in the window longest.
 *
 * @param steps keys of the events of each, see {@link EventMatch#key}
 * @param after for each step, most microseconds after the one before it
 * @param without keys of the events that must not lie between two steps
 */
record SequenceLeaf(List<String> steps, List<Long> after, List<String> without, Window window)
    implements Leaf {
  /** No chain. */
  private static final int NONE = -1;

  static SequenceLeaf of(Sequence sequence) {
    return new SequenceLeaf(
        sequence.steps().stream().map(step -> step.match().key()).toList(),
        sequence.steps().stream()
            .map(step -> step.after().map(span -> span.toMillis() * 1_000).orElse(Long.MAX_VALUE))
            .toList(),
        sequence.without().stream().map(EventMatch::key).toList(),
        sequence.window());
  }

  /** The chains that end with an event of a step. */
  private static final class Step {
    final EventRing ring;

    /**
     * When the chain begins that begins last, by the place of its end in the ring, counted from 1;
     * {@link Long#MIN_VALUE} where there is none.
     */
    final long[] starts;

    /** The place in the ring of the step before. */
    final int[] before;

    Step(EventRing ring) {
      this.ring = ring;
      this.starts = new long[ring.size() + 1];
      this.before = new int[ring.size() + 1];
    }
  }

  @Override
  public long[] turns(ProfileState state) {
    Step last = chains(state).getLast();
    long[] turns = new long[2];
    int found = 0;
    // From the oldest end to the newest, so that what holds begins in order.
    for (int n = last.ring.size(); n > 0; n--) {
      if (last.starts[n] == Long.MIN_VALUE) {
        continue;
      }
      long from = window.from(last.ring.nth(n));
      long until = window.until(last.starts[n]);
      if (from >= until) {
        continue;
      }
      if (found > 0 && from <= turns[found - 1]) {
        turns[found - 1] = Math.max(turns[found - 1], until);
        continue;
      }
      turns = found == turns.length ? Arrays.copyOf(turns, 2 * found) : turns;
      turns[found++] = from;
      turns[found++] = until;
    }
    return Arrays.copyOf(turns, found);
  }

  private List<Step> chains(ProfileState state) {
    EventRing between = union(state, without);
    List<Step> chains = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      EventRing ring = state.newest(steps.get(i));
      chains.add(i == 0 ? first(ring) : next(chains.getLast(), ring, after.get(i), between));
    }
    return chains;
  }

  private static Step first(EventRing ring) {
    Step step = new Step(ring);
    for (int n = 1; n <= ring.size(); n++) {
      step.starts[n] = ring.nth(n);
    }
    return step;
  }

  private static Step next(Step before, EventRing ring, long after, EventRing between) {
    Step step = new Step(ring);
    // Of the step before, by place: those that may come before this event, the later ones only
    // while no earlier one begins as late. Times, and with them both ends, only fall here.
    int[] queue = new int[before.ring.size()];
    int head = 0;
    int tail = 0;
    int next = 1;
    int passed = 1;
    for (int n = 1; n <= ring.size(); n++) {
      long at = ring.nth(n);
      // The newest of those between that lies before it.
      while (passed <= between.size() && between.nth(passed) >= at) {
        passed++;
      }
      long low = after == Long.MAX_VALUE ? Long.MIN_VALUE : at - after;
      if (passed <= between.size()) {
        low = Math.max(low, between.nth(passed));
      }
      for (; next <= before.ring.size() && before.ring.nth(next) >= low; next++) {
        while (tail > head && before.starts[queue[tail - 1]] <= before.starts[next]) {
          tail--;
        }
        queue[tail++] = next;
      }
      while (head < tail && before.ring.nth(queue[head]) >= at) {
        head++;
      }
      step.starts[n] = head < tail ? before.starts[queue[head]] : Long.MIN_VALUE;
      step.before[n] = head < tail ? queue[head] : NONE;
    }
    return step;
  }

  @Override
  public long newest(ProfileState state) {
    long newest = Long.MIN_VALUE;
    for (String key : steps) {
      newest = Math.max(newest, state.ring(key).newestMicros());
    }
    for (String key : without) {
      newest = Math.max(newest, state.ring(key).newestMicros());
    }
    return newest;
  }

  private static EventRing union(ProfileState state, List<String> keys) {
    EventRing union = EventRing.EMPTY;
    for (String key : keys) {
      union = union.union(state.newest(key));
    }
    return union;
  }

  /** The events of the longest chain within the window, from its first step on. */
  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    List<Step> chains = chains(state);
    for (int i = chains.size() - 1; i >= 0; i--) {
      Step step = chains.get(i);
      int end = NONE;
      for (int n = step.ring.size(); n > 0; n--) {
        boolean lies =
            step.starts[n] > window.before(nowMicros) && step.ring.nth(n) <= window.last(nowMicros);
        if (lies && (end == NONE || step.starts[n] >= step.starts[end])) {
          end = n;
        }
      }
      if (end != NONE) {
        return chain(chains, i, end);
      }
    }
    return EventRing.EMPTY;
  }

  private static EventRing chain(List<Step> chains, int last, int end) {
    EventRing chain = EventRing.EMPTY;
    int n = end;
    for (int i = last; i >= 0; i--) {
      chain = chain.with(chains.get(i).ring.entry(n));
      n = i == 0 ? n : chains.get(i).before[n];
    }
    return chain;
  }

  @Override
  public boolean isLimited(ProfileState state, long nowMicros) {
    return Stream.concat(steps.stream(), without.stream())
        .anyMatch(key -> state.ring(key).isFull(window, nowMicros));
  }

  /** How far the longest chain comes, for people. */
  String text(ProfileState state, long nowMicros) {
    return counted(state, nowMicros).size() + " of " + steps.size() + " steps";
  }
}
