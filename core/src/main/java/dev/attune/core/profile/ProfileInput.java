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
 */
public record ProfileInput(Identifier via, List<Fact> facts, List<Link> links, Cause cause) {
  public ProfileInput {
    facts = List.copyOf(facts);
    links = List.copyOf(links);
  }
}
