package dev.attune.refresher.snapshot;

/** Ends a run before it has changed anything; caught where the run began. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param reason one sentence; never a personal value
   */
  RefusedException(String reason) {
    super(reason);
  }
}
