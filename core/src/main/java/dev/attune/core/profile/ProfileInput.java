package dev.attune.core.profile;

import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import java.util.List;

/**
 * What one event or one warehouse row says about one person.
 *
 * @param via the identifier that brings it; the profile it belongs to takes all of it
 * @param facts about the person, each with this {@code via}
 * @param links that it brings, each of which includes {@code via} or is connected to it
 * @param cause what readers of the change are told
 * @param saidAtMicros the earliest time that it speaks of; 0: it says nothing of a time
 */
public record ProfileInput(
    Identifier via, List<Fact> facts, List<Link> links, Cause cause, long saidAtMicros) {
  public ProfileInput {
    facts = List.copyOf(facts);
    links = List.copyOf(links);
  }

  /** What was said when its event happened, or else at the earliest of its stamps. */
  public ProfileInput(Identifier via, List<Fact> facts, List<Link> links, Cause cause) {
    this(via, facts, links, cause, saidAt(facts, links, cause));
  }

  private static long saidAt(List<Fact> facts, List<Link> links, Cause cause) {
    long said = cause.getEvent().getOccurredAtMicros();
    for (Fact fact : facts) {
      said = earlier(said, fact.getOccurredAtMicros());
    }
    for (Link link : links) {
      said = earlier(said, link.getOccurredAtMicros());
    }
    return said;
  }

  // 0 is none.
  private static long earlier(long said, long at) {
    return said == 0 || (at != 0 && at < said) ? at : said;
  }
}
