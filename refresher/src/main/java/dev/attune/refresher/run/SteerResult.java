package dev.attune.refresher.run;

import dev.attune.refresher.lease.Attempt;

/** What became of the wish to pause, resume or cancel a run. */
public sealed interface SteerResult {
  /** It will be so: at once, or after the chunk that is being written. */
  record Taken(Run run) implements SteerResult {}

  /** The run has ended, or does not wait to be resumed. */
  record NotNow(Run run) implements SteerResult {}

  /**
   * Another process has the lease of the run's model.
   *
   * @param holder who, and since when
   */
  record Elsewhere(Run run, Attempt.Held holder) implements SteerResult {}

  /** There is no such run, or it is no longer remembered. */
  record Unknown() implements SteerResult {}
}
