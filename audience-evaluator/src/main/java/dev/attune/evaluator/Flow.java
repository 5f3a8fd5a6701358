package dev.attune.evaluator;

/** Who belongs to one audience, and who came and went. Thread-safe. */
final class Flow {
  /** For how long it is told who came and went lately. */
  static final int HOURS = 24;

  private final int[] passed = new int[HOURS];
  private long newestHour;
  private long members;
  private long entered;
  private long exited;

  synchronized void members(int more) {
    members += more;
  }

  /**
   * Somebody entered, or left.
   *
   * @param counts 1: this changes how many members there are; 0: it is counted otherwise
   */
  synchronized void passed(boolean in, int counts, long hour) {
    members += in ? counts : -counts;
    if (in) {
      entered++;
    } else {
      exited++;
    }
    forget(hour);
    passed[Math.floorMod(hour, HOURS)]++;
  }

  synchronized boolean hasNoMembers() {
    return members == 0;
  }

  synchronized Sizes.Size size(long hour) {
    forget(hour);
    long day = 0;
    for (int each : passed) {
      day += each;
    }
    return new Sizes.Size(members, entered, exited, day);
  }

  // The hours that have begun since.
  private void forget(long hour) {
    for (long next = Math.max(newestHour + 1, hour - HOURS + 1); next <= hour; next++) {
      passed[Math.floorMod(next, HOURS)] = 0;
    }
    newestHour = Math.max(newestHour, hour);
  }
}
