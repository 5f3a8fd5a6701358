package dev.attune.refresher.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.TraitFit;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * When an event happened, as Segment computes it (segment.com/docs/connections/spec/common): the
 * sender's clock may be wrong, but not by how much time went by on it between the event and its
 * sending. So {@code timestamp = receivedAt - (sentAt - originalTimestamp)}.
 *
 * <p>An event with both a timestamp and an originalTimestamp was computed already, and is left
 * alone: that is how it stays as it was when it is replayed.
 */
public final class EventTime {
  private static final List<String> FIELDS =
      List.of("timestamp", "originalTimestamp", "sentAt", "receivedAt");
  private static final long EARLIEST_MICROS =
      TraitFit.micros(Instant.parse("0001-01-01T00:00:00Z"));

  private EventTime() {}

  /** Checks that every time in it is one. */
  static void check(JsonNode event) throws MalformedEventException {
    for (String field : FIELDS) {
      time(event, field);
    }
  }

  /**
   * When it happened, in microseconds.
   *
   * @param loggedAtMicros when the log accepted it: received no later than then
   */
  static long micros(JsonNode event, long loggedAtMicros) throws MalformedEventException {
    long received =
        time(event, "receivedAt")
            .map(TraitFit::micros)
            .map(at -> Math.min(at, loggedAtMicros))
            .orElse(loggedAtMicros);
    Optional<Instant> timestamp = time(event, "timestamp");
    Optional<Instant> original = time(event, "originalTimestamp");
    if (timestamp.isPresent() && original.isPresent()) {
      return TraitFit.micros(timestamp.get());
    }
    Optional<Long> said = timestamp.or(() -> original).map(TraitFit::micros);
    if (said.isEmpty()) {
      return received;
    }
    Optional<Long> sent = time(event, "sentAt").map(TraitFit::micros);
    return sent.isEmpty()
        ? said.get()
        // Sent before it happened: a clock that was set back in between says nothing of before.
        : Math.max(EARLIEST_MICROS, received - Math.max(0, sent.get() - said.get()));
  }

  /**
   * Writes into an event that was checked when it was received, and when it happened by that, as
   * Segment does it. A receivedAt of the sender's own is replaced.
   */
  public static void stamp(ObjectNode event, Instant receivedAt) throws MalformedEventException {
    event.put("receivedAt", receivedAt.truncatedTo(ChronoUnit.MICROS).toString());
    String said = event.hasNonNull("timestamp") ? "timestamp" : "originalTimestamp";
    boolean computed = event.hasNonNull("timestamp") && event.hasNonNull("originalTimestamp");
    if (computed || !event.hasNonNull(said) || !event.hasNonNull("sentAt")) {
      return;
    }
    long micros = micros(event, TraitFit.micros(receivedAt));
    event.set("originalTimestamp", event.get(said));
    event.put("timestamp", Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
  }

  private static Optional<Instant> time(JsonNode event, String field)
      throws MalformedEventException {
    JsonNode time = event.path(field);
    if (time.isMissingNode() || time.isNull()) {
      return Optional.empty();
    }
    Optional<Instant> instant =
        time.isTextual() ? TraitFit.instant(time.textValue()) : Optional.empty();
    if (instant.isEmpty()) {
      throw new MalformedEventException(
          field + ": not an ISO 8601 time with an offset, e.g. 2026-11-21T07:35:00Z");
    }
    return instant;
  }
}
