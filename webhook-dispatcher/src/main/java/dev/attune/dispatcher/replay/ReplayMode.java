package dev.attune.dispatcher.replay;

import java.util.Arrays;
import java.util.Optional;

/** What is sent of a time. */
public enum ReplayMode {
  /** Every delivery, as it was: with its id and body. */
  AS_WAS("as-was"),
  /** Of each subject of theirs what is true now, once. */
  AS_NOW("as-now"),
  /** As above, where the endpoint took something else last. */
  ONLY_DIFF("only-diff");

  private final String label;

  ReplayMode(String label) {
    this.label = label;
  }

  /** As requests have it. */
  public String label() {
    return label;
  }

  static Optional<ReplayMode> of(String label) {
    return Arrays.stream(values()).filter(mode -> mode.label.equals(label)).findFirst();
  }
}
