package dev.attune.dispatcher.deletion;

import dev.attune.core.webhook.Deletions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Asks before every attempt, whatever the webhook is for, whether the person has been deleted. A
 * yes blocks the delivery for good, and an answer that nobody can give lets it wait.
 */
public final class DeletedSender implements Sender {
  /**
   * Beside the attempt's timeout, and before consent is asked: a new owner of the queue waits for
   * longer than all three.
   */
  static final Duration ASK_MAX = Duration.ofMillis(250);

  private final Sender sender;
  private final Deletions deletions;

  public DeletedSender(Sender sender, Deletions deletions) {
    this.sender = sender;
    this.deletions = deletions;
  }

  @Override
  public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
    CompletionStage<Boolean> asked;
    try {
      asked = deletions.isDeleted(delivery, ASK_MAX);
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedStage(e);
    }
    return asked
        .toCompletableFuture()
        .copy()
        // One that never answers would keep the slot and the queue for ever.
        .orTimeout(ASK_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .<CompletionStage<Outcome>>handle(
            (deleted, error) -> {
              if (error != null) {
                return CompletableFuture.completedStage(
                    new Outcome.NotSent("whether people have been deleted could not be asked"));
              }
              return deleted
                  ? CompletableFuture.completedStage(
                      new Outcome.Blocked("the person has been deleted"))
                  : sender.send(webhook, delivery);
            })
        .thenCompose(Function.identity());
  }

  @Override
  public void close() {
    sender.close();
  }
}
