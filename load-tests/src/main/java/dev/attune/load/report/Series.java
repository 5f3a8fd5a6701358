package dev.attune.load.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The same thing measured in several blocks. */
public final class Series {
  private final List<Double> values = new ArrayList<>();

  /** One more block. */
  public void add(double value) {
    values.add(value);
  }

  /** Block by block: of both there must be as many. */
  public static Series ratio(Series above, Series below) {
    var ratio = new Series();
    for (int i = 0; i < above.values.size(); i++) {
      ratio.add(above.values.get(i) / below.values.get(i));
    }
    return ratio;
  }

  /** How many blocks there are. */
  public int count() {
    return values.size();
  }

  /** Of all blocks. */
  public double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** The greatest. */
  public double max() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
  }

  /** The least. */
  public double min() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  /** {@code 1.42 (1.31-1.50)}: the median, and between what all were. */
  @Override
  public String toString() {
    String digits = max() >= 1_000 ? "%.0f (%.0f-%.0f)" : "%.3g (%.3g-%.3g)";
    return String.format(Locale.ROOT, digits, median(), min(), max());
  }
}
