package dev.attune.dispatcher.consent;

import dev.attune.core.webhook.Consents;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Asks before every attempt whether the person consents to what the webhook is for. Without a yes
 * nothing is sent: a no blocks the delivery for good, and one that nobody can answer lets it wait.
 */
public final class ConsentedSender implements Sender {
  /** Beside the attempt's timeout: a new owner of the queue waits for longer than both. */
  static final Duration ASK_MAX = Duration.ofMillis(500);

  private final Sender sender;
  private final Consents consents;

  public ConsentedSender(Sender sender, Consents consents) {
    this.sender = sender;
    this.consents = consents;
  }

  @Override
  public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
    if (!webhook.requiresConsent()) {
      return sender.send(webhook, delivery);
    }
    CompletionStage<Boolean> asked;
    try {
      asked = consents.isGiven(delivery, webhook.consent(), ASK_MAX);
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedStage(e);
    }
    return asked
        .<CompletionStage<Outcome>>handle(
            (given, error) -> {
              if (error != null) {
                return CompletableFuture.completedStage(
                    new Outcome.NotSent("whether people consent could not be asked"));
              }
              return given
                  ? sender.send(webhook, delivery)
                  : CompletableFuture.completedStage(
                      new Outcome.Blocked("no consent to " + webhook.consent()));
            })
        .thenCompose(Function.identity());
  }

  @Override
  public void close() {
    sender.close();
  }
}
