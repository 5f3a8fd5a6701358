package dev.attune.core.audience;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What the properties of several events amount to. */
public enum Aggregate {
  /** Of nothing it is 0. */
  SUM,
  /** Of nothing there is none, and no comparison with it holds. */
  AVERAGE,
  /** The least; of nothing there is none. */
  MIN,
  /** The greatest; of nothing there is none. */
  MAX,
  /** How many different values there are. */
  DISTINCT;

  /** As it is written. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static List<String> labels() {
    return Arrays.stream(values()).map(Aggregate::label).toList();
  }

  /** What it takes from each event. */
  Measure.Kind takes() {
    return this == DISTINCT ? Measure.Kind.IDENTITY : Measure.Kind.NUMBER;
  }
}
