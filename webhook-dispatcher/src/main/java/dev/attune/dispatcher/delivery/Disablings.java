package dev.attune.dispatcher.delivery;

import dev.attune.core.webhook.WebhookState;

/** Who is told that a webhook has been disabled. */
@FunctionalInterface
public interface Disablings {
  /**
   * It is kept that a webhook is disabled. One process is told, once; not on the owner's thread.
   *
   * @param state as it is now
   */
  void disabled(String webhook, WebhookState state);
}
