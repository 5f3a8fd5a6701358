package dev.attune.dispatcher.send;

import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.proto.v1.Delivery;
import java.util.concurrent.CompletionStage;

/** Makes one attempt to deliver. */
public interface Sender extends AutoCloseable {
  /**
   * Begins an attempt; returns at once.
   *
   * @return how it ended, within the webhook's timeout and a little; never fails
   */
  CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery);

  @Override
  void close();
}
