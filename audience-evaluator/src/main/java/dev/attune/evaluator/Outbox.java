package dev.attune.evaluator;

import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step has to say, in order, and what it met.
 *
 * @param seeded audiences that the profile turned out to be in, which was told before
 */
record Outbox(
    List<Transition> transitions, List<StateMove> moves, Copies copies, List<String> seeded) {
  Outbox() {
    this(new ArrayList<>(), new ArrayList<>(), new Copies(), new ArrayList<>());
  }
}
