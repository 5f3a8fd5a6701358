package dev.attune.core.audience;

import java.time.Duration;
import java.util.List;

/** What an audience asks of a profile: a tree of conditions, checked when it was read. */
public sealed interface Condition {
  /** Every one of them holds; never empty. */
  record All(List<Condition> conditions) implements Condition {
    public All {
      conditions = List.copyOf(conditions);
    }
  }

  /** At least one of them holds; never empty. */
  record Any(List<Condition> conditions) implements Condition {
    public Any {
      conditions = List.copyOf(conditions);
    }
  }

  /** It does not hold. A condition that is false because a trait is missing makes this one true. */
  record Not(Condition condition) implements Condition {}

  /**
   * A table of the warehouse lists the person as a member. No file of {@code audiences/} says so:
   * it is all of an audience that a model of kind {@code audience} computes.
   *
   * @param model the model's name
   */
  record InWarehouse(String model) implements Condition {}

  /** An expression over traits holds. */
  record TraitTest(TraitExpression expression) implements Condition {}

  /**
   * So many events of a name have happened within the time before now.
   *
   * @param event the exact name
   * @param count 0 to {@link #COUNT_MAX}
   * @param within {@link #WITHIN_MIN} to {@link #WITHIN_MAX}
   */
  record EventCount(String event, Comparison comparison, int count, Duration within)
      implements Condition {
    /** Greatest number to compare with: what is remembered of a profile is bounded by it. */
    public static final int COUNT_MAX = 64;

    public static final Duration WITHIN_MIN = Duration.ofSeconds(1);
    public static final Duration WITHIN_MAX = Duration.ofDays(3650);

    /** How many of the newest events are needed to decide it. */
    int needed() {
      return switch (comparison) {
        case AT_LEAST, LESS_THAN -> count;
        case MORE_THAN, EXACTLY, AT_MOST -> count + 1;
      };
    }
  }
}
