package dev.attune.refresher.snapshot;

/** How a refresh ended, unless infrastructure failed it. */
public sealed interface RefreshOutcome {
  /**
   * All of it is applied.
   *
   * @param rows in the snapshot
   * @param written rows that were written because they changed; of an events model, events sent
   * @param badRows rows given up on: each is a dead letter
   */
  record Done(long rows, long written, long badRows) implements RefreshOutcome {}

  /**
   * A dry run: nothing was changed.
   *
   * @param rows in the snapshot
   * @param badRows rows that a run would give up on
   */
  record Compared(long rows, long badRows, Differences differences) implements RefreshOutcome {}

  /**
   * Nothing was changed.
   *
   * @param reason one sentence; never a personal value
   */
  record Refused(String reason) implements RefreshOutcome {}

  /** It was stopped between two chunks; called again with the same id, it goes on there. */
  record Stopped() implements RefreshOutcome {}

  /**
   * Another process took over the model, and with it the run.
   *
   * @param message one sentence: who, when and why
   */
  record Overtaken(String message) implements RefreshOutcome {}
}
