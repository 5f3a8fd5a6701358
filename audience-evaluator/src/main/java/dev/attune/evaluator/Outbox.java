package dev.attune.evaluator;

import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.util.ArrayList;
import java.util.List;

/** What one step has to say, in order, and what copies it met. */
record Outbox(List<Transition> transitions, List<StateMove> moves, Copies copies) {
  Outbox() {
    this(new ArrayList<>(), new ArrayList<>(), new Copies());
  }
}
