package dev.attune.load.chaos;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What must have been delivered, and what must not.
 *
 * @param endpoints each of which is told of everybody
 * @param written messages of each person
 * @param withdrawn since when everybody knew that a person withdrew consent, by person
 * @param deleted likewise of those who were deleted
 */
record Expected(
    int endpoints,
    List<Integer> written,
    Map<Integer, Instant> withdrawn,
    Map<Integer, Instant> deleted) {
  Expected {
    written = List.copyOf(written);
    withdrawn = Map.copyOf(withdrawn);
    deleted = Map.copyOf(deleted);
  }

  /** Since when nothing may be sent; {@link Instant#MAX}: never. */
  Instant forbiddenFrom(int endpoint, int person) {
    Instant from = deleted.getOrDefault(person, Instant.MAX);
    Instant withdrew = withdrawn.getOrDefault(person, Instant.MAX);
    return ChaosPlan.asksForConsent(endpoint) && withdrew.isBefore(from) ? withdrew : from;
  }
}
