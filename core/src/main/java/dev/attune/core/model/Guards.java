package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much a snapshot may be off before it is refused whole.
 *
 * <pre>{@code
 * guards:
 *   rows_off: 30%    # more or fewer rows than the last snapshot had
 *   bad_rows: 1%     # rows that cannot be taken; up to this share each becomes a dead letter
 * }</pre>
 *
 * @param rowsOff share of the last snapshot's rows (0 to 100; 1 is as many again)
 * @param rowsComparedMin rows that the last snapshot must have had for the two to be compared: a
 *     small table may double, unless the model says otherwise
 * @param badRows share of this snapshot's rows (0 to 1); empty: what the process is set to
 */
public record Guards(double rowsOff, long rowsComparedMin, OptionalDouble badRows) {
  /** Half of the rows may come or go, where there were a hundred. */
  public static final Guards DEFAULT = new Guards(0.5, 100, OptionalDouble.empty());

  private static final Pattern PERCENT = Pattern.compile("(\\d{1,5}(?:\\.\\d{1,3})?)\\s*%");

  /** Those of a model. */
  static Guards of(Yaml model) {
    return model.find("guards").map(Guards::parse).orElse(DEFAULT);
  }

  private static Guards parse(Yaml yaml) {
    yaml.keys("rows_off", "bad_rows");
    OptionalDouble badRows =
        yaml.has("bad_rows")
            ? OptionalDouble.of(share(yaml.get("bad_rows"), 100))
            : OptionalDouble.empty();
    return yaml.has("rows_off")
        ? new Guards(share(yaml.get("rows_off"), 10_000), 1, badRows)
        : new Guards(DEFAULT.rowsOff(), DEFAULT.rowsComparedMin(), badRows);
  }

  private static double share(Yaml yaml, int percentMax) {
    Matcher matcher = PERCENT.matcher(yaml.text());
    if (matcher.matches()) {
      BigDecimal percent = new BigDecimal(matcher.group(1));
      if (percent.compareTo(BigDecimal.valueOf(percentMax)) <= 0) {
        return percent.movePointLeft(2).doubleValue();
      }
    }
    throw yaml.error("\"" + yaml.text() + "\" is not a share (allowed: 0% to " + percentMax + "%)");
  }

  /** A share as people write it, e.g. {@code 1.5 %}. */
  public static String percent(double share) {
    return BigDecimal.valueOf(share)
            .movePointRight(2)
            .setScale(3, RoundingMode.HALF_UP)
            .stripTrailingZeros()
            .toPlainString()
        + " %";
  }
}
