package dev.attune.refresher.snapshot;

/** How far a run is; called on the run's thread, but for {@link #shareRead}. */
public interface Progress {
  /** Takes no notice. */
  Progress NONE =
      new Progress() {
        @Override
        public void phase(Phase phase) {}

        @Override
        public void rowsRead(long rows) {}

        @Override
        public void toWrite(long total) {}

        @Override
        public void written(long rows) {}

        @Override
        public void badRows(long rows) {}
      };

  /** What a run does, in this order. */
  enum Phase {
    READING,
    DIFFING,
    WRITING
  }

  /** A phase begins. */
  void phase(Phase phase);

  /** Rows that were read so far; in the end, rows in the snapshot. */
  void rowsRead(long rows);

  /** Rows that are to be written: those that changed, or all events. */
  void toWrite(long total);

  /** Rows written so far, those before an interruption included; kept for good by now. */
  void written(long rows);

  /** Rows given up on: each is a dead letter. */
  void badRows(long rows);

  /** How much has been read, of 1, where rows are not known before the end; from any thread. */
  default void shareRead(double share) {}

  /** What the rows that are to be written are. */
  default void compared(Differences.Rows rows) {}

  /** A guard would have refused, and force let it pass: the sentence. */
  default void overruled(String guard) {}

  /** Why the run writes slower than it could; empty: it no longer does. */
  default void slowed(String reason) {}

  /** Whether the run is to stop at the next chunk. */
  default boolean stopping() {
    return false;
  }
}
