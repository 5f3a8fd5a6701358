package dev.attune.refresher.snapshot;

/** Ends a run between two chunks because somebody asked for it; caught where the run began. */
final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoppedException() {
    super("stopped between two chunks", null, false, false);
  }
}
