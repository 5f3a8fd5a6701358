package dev.attune.refresher.lease;

import java.time.Instant;
import java.util.Optional;

/** What became of the wish to hold a model's lease. */
public sealed interface Attempt {
  /** It is held, until it is closed or overtaken. */
  record Acquired(Lease lease) implements Attempt {}

  /**
   * Another holder has it, and is alive or may be.
   *
   * @param holder how messages call it
   * @param since when it took it, by its own clock; empty when it is not told yet
   */
  record Held(String holder, Optional<Instant> since) implements Attempt {
    /** E.g. {@code host:4711 since 2026-11-24T04:30:00Z}. */
    public String told() {
      return holder + since.map(time -> " since " + time).orElse("");
    }
  }
}
