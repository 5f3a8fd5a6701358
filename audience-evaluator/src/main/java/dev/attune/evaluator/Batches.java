package dev.attune.evaluator;

import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Transition;
import java.util.Optional;

/** Tells what recomputed many people's records from what happened to one person. */
final class Batches {
  private Batches() {}

  /**
   * As {@link Transition#getBatch}: empty when any of the causes is one person's own, because what
   * is decided then may be decided by that one.
   */
  static String of(Changed change) {
    String batch = "";
    for (Cause cause : change.getCausesList()) {
      if (cause.hasMembership()) {
        // What an audience said of the person before; it decides nothing.
        continue;
      }
      Optional<String> one = of(cause);
      if (one.isEmpty()) {
        return "";
      }
      batch = one.get();
    }
    return batch;
  }

  private static Optional<String> of(Cause cause) {
    return switch (cause.getCauseCase()) {
      case ROW ->
          Optional.of("model/" + cause.getRow().getModel() + "/" + cause.getRow().getRunId());
      case CATALOG -> Optional.of("catalog/" + cause.getCatalog().getCatalogVersion());
      case RESTORE -> Optional.of("restore");
      case EVENT ->
          cause.getEvent().getHistorical() || cause.getEvent().getReplayed()
              ? Optional.of("history")
              : Optional.empty();
      case MERGE, MEMBERSHIP, SPLIT, OPERATOR, CAUSE_NOT_SET -> Optional.empty();
    };
  }
}
