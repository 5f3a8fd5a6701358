package dev.attune.evaluator;

import dev.attune.proto.v1.StateMove;
import dev.attune.proto.v1.Transition;
import java.util.ArrayList;
import java.util.List;

/** What one step has to say, in order. */
record Outbox(List<Transition> transitions, List<StateMove> moves) {
  Outbox() {
    this(new ArrayList<>(), new ArrayList<>());
  }
}
