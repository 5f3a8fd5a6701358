package dev.attune.refresher.rebuild;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A rebuild as it stands.
 *
 * @param total offsets of the log to pass; it is read twice
 * @param passed of them, so far
 * @param written profiles that were written as they had been; known at the end
 * @param merged profiles and identifiers that events had written meanwhile, to which something was
 *     added; known at the end
 * @param skipped records of the log that could not be taken; known at the end
 * @param message why it failed, in one sentence; else empty
 */
public record Rebuild(
    State state,
    Instant startedAt,
    Optional<Instant> endedAt,
    long total,
    long passed,
    long written,
    long merged,
    long skipped,
    String message) {
  /** Where a rebuild is. */
  public enum State {
    RUNNING,
    /** All that the log knew is in the store. */
    DONE,
    /** It did not come to its end; it may be repeated. */
    FAILED;

    /** The name in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Rebuild begin(Instant now) {
    return new Rebuild(State.RUNNING, now, Optional.empty(), 0, 0, 0, 0, 0, "");
  }

  Rebuild at(long total, long passed) {
    return new Rebuild(state, startedAt, endedAt, total, passed, written, merged, skipped, message);
  }

  Rebuild done(Instant now, StoreRestore.Outcome outcome) {
    return new Rebuild(
        State.DONE,
        startedAt,
        Optional.of(now),
        total,
        total,
        outcome.written(),
        outcome.merged(),
        outcome.skipped(),
        "");
  }

  Rebuild failed(Instant now, String message) {
    return new Rebuild(
        State.FAILED,
        startedAt,
        Optional.of(now),
        total,
        passed,
        written,
        merged,
        skipped,
        message);
  }
}
