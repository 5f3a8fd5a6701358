package dev.attune.profiles.lookup;

/** How a lookup ended. */
sealed interface Outcome {
  /** With a profile, or with the word that the caller has it already. */
  record Found(Answer answer) implements Outcome {}

  /**
   * Without.
   *
   * @param message one sentence that says nothing of a personal value
   */
  record Failed(Reason reason, String message) implements Outcome {}
}
