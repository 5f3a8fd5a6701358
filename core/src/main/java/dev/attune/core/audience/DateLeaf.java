package dev.attune.core.audience;

import dev.attune.core.audience.Condition.DateTest;
import dev.attune.proto.v1.Value;

/** A trait's time lies less than a span after or before now. */
record DateLeaf(String trait, DateTest.Side side, long spanMicros) implements Leaf {
  private static final long DAY_MICROS = 86_400_000_000L;

  /** More than ten thousand years on either side of the epoch is no date, and would overflow. */
  private static final long BEYOND_DAYS = 3_660_000;

  static DateLeaf of(DateTest test) {
    return new DateLeaf(test.trait(), test.side(), test.span().toMillis() * 1_000);
  }

  /** Whether the profile has such a time. */
  boolean isKnown(ProfileState state) {
    return begin(state.value(trait)) != Long.MIN_VALUE;
  }

  @Override
  public long[] turns(ProfileState state) {
    Value value = state.value(trait);
    long begin = begin(value);
    if (begin == Long.MIN_VALUE) {
      return Turns.NEVER;
    }
    return switch (side) {
      case NEXT ->
          Turns.between(begin - spanMicros + 1, begin + (value.hasDateDays() ? DAY_MICROS : 1));
      case LAST -> Turns.between(begin, begin + spanMicros);
    };
  }

  // What has no time has no begin.
  private static long begin(Value value) {
    return switch (value.getKindCase()) {
      case TIMESTAMP_MICROS -> within(value.getTimestampMicros(), BEYOND_DAYS * DAY_MICROS);
      case DATE_DAYS -> {
        long days = within(value.getDateDays(), BEYOND_DAYS);
        yield days == Long.MIN_VALUE ? days : days * DAY_MICROS;
      }
      default -> Long.MIN_VALUE;
    };
  }

  private static long within(long time, long beyond) {
    return time < -beyond || time > beyond ? Long.MIN_VALUE : time;
  }

  @Override
  public long newest(ProfileState state) {
    return Long.MIN_VALUE;
  }

  @Override
  public EventRing counted(ProfileState state, long nowMicros) {
    return EventRing.EMPTY;
  }
}
