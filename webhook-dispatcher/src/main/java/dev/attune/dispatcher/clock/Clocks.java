package dev.attune.dispatcher.clock;

import java.time.Instant;
import java.time.InstantSource;

/** Time in the contract's unit. */
public final class Clocks {
  private Clocks() {}

  /** Microseconds since the epoch, now. */
  public static long micros(InstantSource clock) {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000L + now.getNano() / 1_000;
  }
}
