package dev.attune.refresher.run;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A run as it stands.
 *
 * @param id unique; told in the causes of the changes that it makes
 * @param kind {@code profiles} or {@code events}
 * @param rows in the snapshot, once they are read
 * @param total rows to write, once that is known: those that changed, or all events
 * @param written rows written so far
 * @param badRows rows given up on: each is a dead letter
 * @param message why it was refused or failed, in one sentence; else empty
 */
public record Run(
    String id,
    String model,
    String kind,
    State state,
    Instant startedAt,
    Optional<Instant> endedAt,
    long rows,
    long total,
    long written,
    long badRows,
    String message) {
  /** Where a run is. */
  public enum State {
    READING,
    DIFFING,
    WRITING,
    /** All of it is applied. */
    DONE,
    /** Nothing was changed: something is wrong with the snapshot or its mapping. */
    REFUSED,
    /** Infrastructure failed it; the next run takes up what is missing. */
    FAILED;

    /** Whether it ends a run. */
    public boolean ended() {
      return this == DONE || this == REFUSED || this == FAILED;
    }

    /** The name in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Run begin(String id, String model, String kind, Instant now) {
    return new Run(id, model, kind, State.READING, now, Optional.empty(), 0, 0, 0, 0, "");
  }

  Run in(State state) {
    return new Run(
        id, model, kind, state, startedAt, endedAt, rows, total, written, badRows, message);
  }

  Run counted(long rows, long total, long written, long badRows) {
    return new Run(
        id, model, kind, state, startedAt, endedAt, rows, total, written, badRows, message);
  }

  Run ended(State state, Instant now, String message) {
    return new Run(
        id,
        model,
        kind,
        state,
        startedAt,
        Optional.of(now),
        rows,
        total,
        written,
        badRows,
        message);
  }
}
