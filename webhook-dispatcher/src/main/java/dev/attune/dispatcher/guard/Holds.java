package dev.attune.dispatcher.guard;

import dev.attune.core.webhook.FlipLimit;

/** Holds webhooks because of what one run moved. */
public interface Holds {
  /** What counts for a webhook whose definition says nothing. */
  FlipLimit otherwise();

  /**
   * Holds a webhook, unless it is not active or was released after the same run. To be asked as
   * often as there is a reason; does not wait.
   *
   * @param run says which one it is, in one word
   * @param reason in one sentence, without personal values
   */
  void hold(String webhook, String run, String reason);
}
