package dev.attune.core.audience;

import dev.attune.core.profile.TraitFit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What an audience asks of a profile: a tree of conditions, checked when it was read. */
public sealed interface Condition {
  /** Names of the events that it looks for, those of what it combines left out. */
  default List<String> events() {
    return matches().stream().map(EventMatch::event).toList();
  }

  /** The conditions that it combines; empty for those that combine none. */
  default List<Condition> parts() {
    return List.of();
  }

  /** The events that it looks at itself. */
  default List<EventMatch> matches() {
    return List.of();
  }

  /** For how many conditions it counts, those that it combines left out. */
  default int weight() {
    return 1;
  }

  /** Every one of them holds; never empty. */
  record All(List<Condition> conditions) implements Condition {
    public All {
      conditions = List.copyOf(conditions);
    }

    @Override
    public List<Condition> parts() {
      return conditions;
    }
  }

  /** At least one of them holds; never empty. */
  record Any(List<Condition> conditions) implements Condition {
    public Any {
      conditions = List.copyOf(conditions);
    }

    @Override
    public List<Condition> parts() {
      return conditions;
    }
  }

  /** It does not hold. A condition that is false because a trait is missing makes this one true. */
  record Not(Condition condition) implements Condition {
    @Override
    public List<Condition> parts() {
      return List.of(condition);
    }
  }

  /**
   * A table of the warehouse lists the person as a member. No file of {@code audiences/} says so:
   * it is all of an audience that a model of kind {@code audience} computes.
   *
   * @param model the model's name
   */
  record InWarehouse(String model) implements Condition {}

  /** An expression over traits holds. */
  record TraitTest(TraitExpression expression) implements Condition {}

  /** An expression over the traits of a group holds of at least one of the person's groups. */
  record GroupTest(TraitExpression expression) implements Condition {}

  /**
   * The person belongs to another audience of the same set, its consent included. Which it is, is
   * looked up where the set is compiled: there is no order between the two.
   *
   * @param name of an audience that does not ask for this one in turn
   */
  record InAudience(String name) implements Condition {}

  /**
   * A trait with a time lies near now. A date is a whole day in UTC.
   *
   * @param trait declared as a timestamp or a date
   * @param side of now
   * @param span {@link #WITHIN_MIN} to {@link #WITHIN_MAX}
   */
  record DateTest(String trait, Side side, Duration span) implements Condition {
    /** Where the time lies. */
    public enum Side {
      /** It begins less than the span after now, and is not over. */
      NEXT,
      /** It began, less than the span before now. */
      LAST
    }
  }

  Duration WITHIN_MIN = Duration.ofSeconds(1);
  Duration WITHIN_MAX = Duration.ofDays(3650);

  /**
   * The newest event of a name has such properties.
   *
   * @param window in which it has to lie
   */
  record LastEvent(String event, PropertyExpression fits, Window window) implements Condition {
    EventMatch all() {
      return EventMatch.of(event);
    }

    EventMatch fitting() {
      return new EventMatch(event, Optional.of(fits));
    }

    @Override
    public List<EventMatch> matches() {
      return List.of(all(), fitting());
    }
  }

  /**
   * The oldest event of a name in the window has such properties.
   *
   * @param window in which it is the oldest
   */
  record FirstEvent(String event, PropertyExpression fits, Window window) implements Condition {
    EventMatch all() {
      return EventMatch.of(event);
    }

    EventMatch fitting() {
      return new EventMatch(event, Optional.of(fits));
    }

    @Override
    public List<EventMatch> matches() {
      return List.of(all(), fitting());
    }
  }

  /** When the events happened that are counted. All instants in microseconds. */
  sealed interface Window {
    /**
     * The first instant at which what happened at an instant lies in it; {@link Long#MIN_VALUE}
     * when it always did.
     */
    default long from(long eventMicros) {
      return Long.MIN_VALUE;
    }

    /** The first instant at which what happened at an instant lies in it no more, or never did. */
    long until(long eventMicros);

    /** What happened at this instant or earlier does not lie in it. */
    long before(long nowMicros);

    /** What happened later than this instant does not lie in it yet. */
    default long last(long nowMicros) {
      return Long.MAX_VALUE;
    }

    /**
     * Later than so long before now.
     *
     * @param length {@link #WITHIN_MIN} to {@link #WITHIN_MAX}
     */
    record Within(Duration length) implements Window {
      @Override
      public long until(long eventMicros) {
        return eventMicros + micros();
      }

      @Override
      public long before(long nowMicros) {
        return nowMicros - micros();
      }

      long micros() {
        return length.toMillis() * 1_000;
      }
    }

    /**
     * Between two ages.
     *
     * @param youngest at least so long before now; less than {@code oldest}
     * @param oldest less than so long before now; at most {@link #WITHIN_MAX}
     */
    record Ago(Duration youngest, Duration oldest) implements Window {
      @Override
      public long from(long eventMicros) {
        return eventMicros + youngest.toMillis() * 1_000;
      }

      @Override
      public long until(long eventMicros) {
        return eventMicros + oldestMicros();
      }

      @Override
      public long before(long nowMicros) {
        return nowMicros - oldestMicros();
      }

      @Override
      public long last(long nowMicros) {
        return nowMicros - youngest.toMillis() * 1_000;
      }

      long oldestMicros() {
        return oldest.toMillis() * 1_000;
      }
    }

    /** At an instant or after it. */
    record Since(Instant start) implements Window {
      @Override
      public long until(long eventMicros) {
        return eventMicros >= micros() ? Long.MAX_VALUE : Long.MIN_VALUE;
      }

      @Override
      public long before(long nowMicros) {
        return micros() - 1;
      }

      long micros() {
        return TraitFit.micros(start);
      }
    }
  }

  /**
   * So many events have happened.
   *
   * @param count 0 to {@link #COUNT_MAX}
   */
  record EventCount(EventMatch match, Comparison comparison, int count, Window window)
      implements Condition {
    /** Greatest number to compare with: what is remembered of a profile is bounded by it. */
    public static final int COUNT_MAX = 64;

    @Override
    public List<EventMatch> matches() {
      return List.of(match);
    }

    /** Whether the newest do not decide it, because they are too new. */
    boolean needsAll() {
      return window instanceof Window.Ago;
    }

    /** How many of the newest events are needed to decide it, where they do. */
    int needed() {
      return switch (comparison) {
        case AT_LEAST, LESS_THAN -> count;
        case MORE_THAN, EXACTLY, AT_MOST -> count + 1;
      };
    }
  }

  /**
   * How many of the newest events of a kind, whenever they happened, are looked at by conditions
   * that need all of them in their window.
   */
  int EVENTS_MAX = 500;

  /**
   * What the properties of events amount to is compared with a number.
   *
   * @param match takes the property from each; events without it do not count
   * @param bound of sums, averages and extremes in millionths; of distinct values how many
   */
  record EventAggregate(
      EventMatch match, Aggregate aggregate, Comparison comparison, long bound, Window window)
      implements Condition {
    @Override
    public List<EventMatch> matches() {
      return List.of(match);
    }
  }

  /**
   * Events in this order, each later than the one before it.
   *
   * @param steps {@link #STEPS_MIN} to {@link #STEPS_MAX}
   * @param without none of these may lie between two steps
   * @param window in which all steps have to lie
   */
  record Sequence(List<Step> steps, List<EventMatch> without, Window window) implements Condition {
    /** Fewest steps. */
    public static final int STEPS_MIN = 2;

    /** Most steps, and most kinds of events that must not lie between them. */
    public static final int STEPS_MAX = 8;

    public Sequence {
      steps = List.copyOf(steps);
      without = List.copyOf(without);
    }

    @Override
    public List<EventMatch> matches() {
      return Stream.concat(steps.stream().map(Step::match), without.stream()).toList();
    }

    /** Each of the events that it looks for counts. */
    @Override
    public int weight() {
      return steps.size() + without.size();
    }

    /**
     * One of them.
     *
     * @param after at most so long after the one before it; empty: however long
     */
    public record Step(EventMatch match, Optional<Duration> after) {}
  }
}
