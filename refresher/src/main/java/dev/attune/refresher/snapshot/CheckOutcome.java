package dev.attune.refresher.snapshot;

/** What a look at a model's source found, unless infrastructure failed it. Nothing was changed. */
public sealed interface CheckOutcome {
  /**
   * A run would find its rows, and could map the first of them.
   *
   * @param origin how messages call where they are
   * @param columns how many the model maps
   */
  record Ready(String origin, int columns) implements CheckOutcome {}

  /**
   * A run would be refused.
   *
   * @param reason one sentence; never a personal value
   */
  record Refused(String reason) implements CheckOutcome {}

  /** It did not answer in time. */
  record TooLong() implements CheckOutcome {}
}
