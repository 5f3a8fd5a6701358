package dev.attune.refresher.backfill;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A backfill as it stands.
 *
 * @param audiences names of those that wait for it
 * @param total offsets of the events to pass
 * @param passed of them, so far
 * @param told events that were told again, so far
 * @param slowed why it goes slower than it could, in a few words; empty: it does not
 * @param message why it failed, in one sentence; else empty. It is tried again by itself
 */
public record Backfill(
    State state,
    Set<String> audiences,
    Instant startedAt,
    Optional<Instant> endedAt,
    long total,
    long passed,
    long told,
    String slowed,
    String message) {
  /** Where a backfill is. */
  public enum State {
    RUNNING,
    DONE,
    FAILED;

    /** The name in JSON. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Backfill {
    audiences = Set.copyOf(audiences);
  }

  static Backfill begin(Set<String> audiences, Instant now) {
    return new Backfill(State.RUNNING, audiences, now, Optional.empty(), 0, 0, 0, "", "");
  }

  Backfill of(long total) {
    return new Backfill(state, audiences, startedAt, endedAt, total, passed, told, slowed, message);
  }

  Backfill at(long passed, long told) {
    return new Backfill(state, audiences, startedAt, endedAt, total, passed, told, slowed, message);
  }

  Backfill slowedBy(String reason) {
    return new Backfill(state, audiences, startedAt, endedAt, total, passed, told, reason, message);
  }

  Backfill done(Instant now) {
    return new Backfill(
        State.DONE, audiences, startedAt, Optional.of(now), total, total, told, "", "");
  }

  Backfill failed(Instant now, String why) {
    return new Backfill(
        State.FAILED, audiences, startedAt, Optional.of(now), total, passed, told, "", why);
  }
}
