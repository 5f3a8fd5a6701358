package dev.attune.evaluator;

/**
 * The evaluator's clock at one step.
 *
 * @param micros what windows are measured against; 0 while it is not known
 * @param wallMicros the wall clock, for generations and stamps of records alone
 * @param onTicks the wall clock decides nothing
 */
record Now(long micros, long wallMicros, boolean onTicks) {
  static final long UNKNOWN = 0;

  boolean isKnown() {
    return micros != UNKNOWN;
  }

  /** Whether something can be decided already; what does not look at time need not wait for it. */
  boolean decides(boolean looksAtTime) {
    return isKnown() || (!onTicks && !looksAtTime);
  }
}
