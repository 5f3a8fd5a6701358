package dev.attune.load.report;

import java.util.OptionalDouble;

/**
 * One measured number beside what it has to be.
 *
 * @param figure its name, word for word as the bound was agreed on
 * @param value in {@code unit}; empty when it could not be measured
 * @param unit e.g. {@code ms}
 * @param samples how many observations it rests on
 * @param note how it was measured, and what else was seen; one line
 */
public record Figure(
    String figure, OptionalDouble value, String unit, Bound bound, long samples, String note) {
  public Figure {
    if (note.contains("\n")) {
      throw new IllegalArgumentException("note: more than one line");
    }
  }

  /** A measured one. */
  public static Figure of(
      String figure, double value, String unit, Bound bound, long samples, String note) {
    return new Figure(figure, OptionalDouble.of(value), unit, bound, samples, note);
  }

  /** One that could not be measured, and why. It does not hold. */
  public static Figure notMeasured(String figure, String unit, Bound bound, String why) {
    return new Figure(figure, OptionalDouble.empty(), unit, bound, 0, "NOT MEASURED: " + why);
  }

  /** Whether the value, as it is and not as it is rounded, keeps to the bound. */
  public boolean holds() {
    return value.isPresent() && bound.holds(value.getAsDouble());
  }
}
