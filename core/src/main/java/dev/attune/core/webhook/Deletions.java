package dev.attune.core.webhook;

import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Who has been deleted, as of now. It is asked before every attempt, also before those of replays:
 * what was rendered before somebody was deleted may still wait, or lie in a dead letter.
 */
@FunctionalInterface
public interface Deletions {
  /** Of an installation that keeps no ledger of deletions: nobody has been deleted. */
  Deletions NONE = (_, _) -> CompletableFuture.completedStage(false);

  /**
   * Asks whether the person that a delivery is about has been deleted.
   *
   * @return true when they have; fails when it could not be told in time
   */
  CompletionStage<Boolean> isDeleted(Delivery delivery, Duration timeout);
}
