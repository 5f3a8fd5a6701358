package dev.attune.refresher.snapshot;

/**
 * What is wanted of a run besides bringing a model up to date.
 *
 * @param dryRun compares and counts, and changes nothing
 * @param full writes every row again, changed or not
 * @param force goes on where a guard of figures would refuse; which one did is recorded
 * @param rollback makes what was applied before this run the wanted snapshot; empty: the files are
 */
public record RefreshOptions(boolean dryRun, boolean full, boolean force, String rollback) {
  /** Longest id of a run to roll back. */
  public static final int ROLLBACK_LENGTH_MAX = 150;

  /** Nothing besides. */
  public static final RefreshOptions NONE = new RefreshOptions(false, false, false, "");

  public RefreshOptions {
    if (full && !rollback.isEmpty()) {
      throw new IllegalArgumentException(
          "full and rollback exclude each other: a rollback writes what differs");
    }
    if (!rollback.isEmpty()
        && !rollback.matches("[a-z0-9][a-z0-9_.-]{0," + (ROLLBACK_LENGTH_MAX - 1) + "}")) {
      throw new IllegalArgumentException("rollback: not the id of a run");
    }
  }

  public boolean isRollback() {
    return !rollback.isEmpty();
  }
}
