package dev.attune.evaluator;

import dev.attune.proto.v1.GroupState;
import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step has to say, in order, and what it met.
 *
 * @param seeded audiences that the profile turned out to be in, which was told before
 * @param groups what the profile is, if it is a group; at most one
 */
record Outbox(
    List<Transition> transitions,
    List<StateMove> moves,
    Copies copies,
    List<String> seeded,
    List<GroupState> groups) {
  Outbox() {
    this(new ArrayList<>(), new ArrayList<>(), new Copies(), new ArrayList<>(), new ArrayList<>());
  }
}
