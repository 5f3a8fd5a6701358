package dev.attune.evaluator;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Instants in answers. */
final class MicrosText {
  private MicrosText() {}

  /** ISO 8601 of microseconds since the epoch. */
  static String of(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
  }
}
