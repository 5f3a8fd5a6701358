package dev.attune.core.webhook;

import java.util.Optional;
import java.util.function.UnaryOperator;

/** Where the states of webhooks are kept, for every process. */
public interface WebhookStates {
  /**
   * Changes a webhook's state. Waits until it is kept and the definitions in this process have it.
   *
   * @param change of the state as it is now; may be asked more than once
   * @return the state as it is afterwards; empty when there is no such webhook
   * @throws RuntimeException when it could not be kept in time; to ask again is safe
   */
  Optional<WebhookState> change(String webhook, UnaryOperator<WebhookState> change);
}
