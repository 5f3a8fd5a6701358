package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;

/** Why somebody is one person, without what differs from telling to telling. */
final class Reasons {
  private Reasons() {}

  /**
   * Identifiers, links and splits of an answer of {@code /v1/profiles/{who}/identity}. Left out are
   * ids, which are hashes, the times of the read and of operators' words, former ids, which only
   * tell in which order it came, and when identifiers were first seen, which may be late when
   * several writers meet.
   */
  static String of(JsonNode identity) {
    ObjectNode reasons = identity.deepCopy();
    reasons.remove(Set.of("profile_id", "canonical_id", "merged_from", "read_at"));
    reasons.path("identifiers").forEach(known -> ((ObjectNode) known).remove("first_seen"));
    // The earliest word comes first, and when it was said differs.
    Set<String> splits = new TreeSet<>();
    for (JsonNode split : reasons.path("splits")) {
      splits.add(((ObjectNode) split).without("at").toString());
    }
    assertThat(identity.has("links")).isTrue();
    reasons.remove("splits");
    return reasons + " " + splits;
  }
}
