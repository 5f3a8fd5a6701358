package dev.attune.evaluator;

import dev.attune.core.audience.ProfileState;
import dev.attune.core.audience.ProfileState.Added;
import dev.attune.proto.v1.Event;

/** How many copies one step met. */
final class Copies {
  private static final long WITHIN_MICROS = ProfileState.COPIES_WITHIN.toMillis() * 1_000;

  private int recognised;
  private int late;

  /** Counts an event, if it is a copy or might be one. */
  void count(Event event, Added added) {
    if (added.isCopy()) {
      recognised++;
    } else if (added == Added.NEW && isLate(event)) {
      late++;
    }
  }

  // Its first copy may have been received so long ago that nobody remembers.
  private static boolean isLate(Event event) {
    return !event.getHistorical()
        && !event.getReplayed()
        && event.getReceivedAtMicros() - event.getOccurredAtMicros() > WITHIN_MICROS;
  }

  /** Those whose id was known: they were not counted again. */
  int recognised() {
    return recognised;
  }

  /** Those that were counted and came so late that they may have been before. */
  int late() {
    return late;
  }
}
