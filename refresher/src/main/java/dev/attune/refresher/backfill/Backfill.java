package dev.attune.refresher.backfill;

import dev.attune.core.audience.MissingHistory;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A backfill as it stands.
 *
 * @param audiences names of those that wait for it
 * @param traits names of the computed traits that do
 * @param total offsets of the events to pass
 * @param passed of them, so far
 * @param told events that were told again, so far
 * @param slowed why it goes slower than it could, in a few words; empty: it does not
 * @param message why it failed, in one sentence; else empty. It is tried again by itself
 */
public record Backfill(
    State state,
    Set<String> audiences,
    Set<String> traits,
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
    traits = Set.copyOf(traits);
  }

  static Backfill begin(MissingHistory missing, Instant now) {
    return new Backfill(
        State.RUNNING,
        missing.audiences(),
        missing.traits(),
        now,
        Optional.empty(),
        0,
        0,
        0,
        "",
        "");
  }

  Backfill of(long total) {
    return new Backfill(
        state, audiences, traits, startedAt, endedAt, total, passed, told, slowed, message);
  }

  Backfill at(long passed, long told) {
    return new Backfill(
        state, audiences, traits, startedAt, endedAt, total, passed, told, slowed, message);
  }

  Backfill slowedBy(String reason) {
    return new Backfill(
        state, audiences, traits, startedAt, endedAt, total, passed, told, reason, message);
  }

  Backfill done(Instant now) {
    return new Backfill(
        State.DONE, audiences, traits, startedAt, Optional.of(now), total, total, told, "", "");
  }

  Backfill failed(Instant now, String why) {
    return new Backfill(
        State.FAILED, audiences, traits, startedAt, Optional.of(now), total, passed, told, "", why);
  }
}
