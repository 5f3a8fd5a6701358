package dev.attune.profiles.lookup;

import dev.attune.proto.v1.TokenState;

/** How a lookup ended. */
sealed interface Outcome {
  /** With a profile, or with the word that the caller has it already. */
  record Found(Answer answer) implements Outcome {}

  /**
   * Without.
   *
   * @param message one sentence that says nothing of a personal value
   * @param readAtMicros as of when nobody is known; 0: the store said nothing
   * @param tokenState of a lookup that ended with nobody
   */
  record Failed(Reason reason, String message, long readAtMicros, TokenState tokenState)
      implements Outcome {
    Failed(Reason reason, String message) {
      this(reason, message, 0, TokenState.TOKEN_STATE_UNSPECIFIED);
    }

    /** Nobody is known: an answer of the store, which is as old as any other. */
    static Failed absent(long readAtMicros, TokenState tokenState) {
      return new Failed(Reason.NOT_FOUND, Messages.ABSENT, readAtMicros, tokenState);
    }
  }
}
