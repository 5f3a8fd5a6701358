package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;

/** Paces the requests for keys that DynamoDB has left unread in a batch. */
final class Leftovers {
  private final Requests requests;
  private int inVain;

  Leftovers(Requests requests) {
    this.requests = requests;
  }

  /**
   * Waits before they are asked for again.
   *
   * @param someRead whether DynamoDB has read any of the keys: large items leave some out of every
   *     answer, and none at all is a sign to slow down
   * @throws StoreException when the call has no time for it
   */
  void pause(Call<?> call, boolean someRead) {
    inVain = someRead ? 0 : inVain + 1;
    if (inVain > 0) {
      call.heldBack();
    }
    requests.pause(
        call, inVain, new StoreException(Kind.OVERLOADED, "DynamoDB: left keys of a batch unread"));
  }
}
