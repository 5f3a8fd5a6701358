package dev.attune.load.lookup;

/** Which versions of a profile an answer may have. */
interface Versions {
  /** Nobody writes there. */
  Versions FIRST = (_, version, _) -> version == Population.VERSION ? Tally.VERIFIED : Tally.WRONG;

  /**
   * {@link Tally#VERIFIED}, or {@link Tally#STALE}, or {@link Tally#WRONG} for one that never was.
   *
   * @param sentNanos when the question was sent
   */
  int judge(int index, long version, long sentNanos);
}
