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
   * Nothing was changed.
   *
   * @param reason one sentence; never a personal value
   */
  record Refused(String reason) implements RefreshOutcome {}
}
