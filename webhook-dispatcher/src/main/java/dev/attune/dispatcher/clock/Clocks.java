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

  /** The instant so many microseconds after the epoch. */
  public static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L);
  }
}
