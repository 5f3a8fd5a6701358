package dev.attune.evaluator;

import dev.attune.core.catalog.ComputedKeys;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many profiles of one partition belong to each audience, and how many entered and left it,
 * since this process has the partition. One thread writes; any may read. Nothing is stored: a write
 * with each transition made everything slower, and one at each commit the commit.
 */
final class Sizes {
  /**
   * Of one audience.
   *
   * @param entered a merge takes one out and brings another one in
   */
  record Size(long members, long entered, long exited) {
    static final Size NONE = new Size(0, 0, 0);

    Size plus(Size other) {
      return new Size(members + other.members, entered + other.entered, exited + other.exited);
    }
  }

  private static final Size SEEDED = new Size(1, 0, 0);
  private static final Size ENTERED = new Size(1, 1, 0);
  private static final Size EXITED = new Size(-1, 0, 1);

  private final Map<String, Size> sizes = new ConcurrentHashMap<>();
  private final boolean complete;

  /**
   * @param first whether no state had been kept before
   */
  Sizes(boolean first) {
    this.complete = first;
  }

  /** Counts what one step told, or knew to have been told. */
  void count(List<Transition> told, List<String> seeded) {
    for (String audience : seeded) {
      if (!ComputedKeys.isOne(audience)) {
        sizes.merge(audience, SEEDED, Size::plus);
      }
    }
    for (Transition transition : told) {
      if (transition.getReason() != Reason.REASSERTED
          && !ComputedKeys.isOne(transition.getAudience())) {
        sizes.merge(
            transition.getAudience(), transition.getEntered() ? ENTERED : EXITED, Size::plus);
      }
    }
  }

  Size of(String audience) {
    return sizes.getOrDefault(audience, Size.NONE);
  }

  /** Whether every member was counted. */
  boolean isComplete() {
    return complete;
  }
}
