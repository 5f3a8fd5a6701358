package dev.attune.dispatcher;

import dev.attune.core.webhook.Deletions;
import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A ledger of deletions that a test writes. */
public final class KnownDeletions implements Deletions {
  private final Set<String> deleted = ConcurrentHashMap.newKeySet();
  private volatile boolean away;

  /** From now on this person has been deleted. */
  public void delete(String profileId) {
    deleted.add(profileId);
  }

  /** From now on nobody can tell, or somebody can again. */
  public void away(boolean away) {
    this.away = away;
  }

  @Override
  public CompletionStage<Boolean> isDeleted(Delivery delivery, Duration timeout) {
    return away
        ? CompletableFuture.failedStage(new IllegalStateException("the ledger is away"))
        : CompletableFuture.completedStage(deleted.contains(delivery.getProfileId()));
  }
}
