package dev.attune.load.report;

import com.google.errorprone.annotations.Immutable;

/**
 * What a figure has to keep to, the bound itself included.
 *
 * @param kind which side of the limit is good
 * @param limit in the figure's unit; 0 where there is none
 */
@Immutable
public record Bound(Kind kind, double limit) {
  /** Which side is good. */
  public enum Kind {
    AT_MOST("at most"),
    AT_LEAST("at least"),
    NONE("none");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  /** Less is better. */
  public static Bound atMost(double limit) {
    return new Bound(Kind.AT_MOST, limit);
  }

  /** More is better. */
  public static Bound atLeast(double limit) {
    return new Bound(Kind.AT_LEAST, limit);
  }

  /** For a figure that is told and not judged. */
  public static Bound none() {
    return new Bound(Kind.NONE, 0);
  }

  boolean holds(double value) {
    // Written so that NaN holds nothing.
    return switch (kind) {
      case AT_MOST -> value <= limit;
      case AT_LEAST -> value >= limit;
      case NONE -> !Double.isNaN(value);
    };
  }

  @Override
  public String toString() {
    return kind == Kind.NONE ? kind.label : kind.label + " " + Numbers.text(limit);
  }
}
