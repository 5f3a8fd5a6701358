package dev.attune.load.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as people and JSON want them: at most four digits that count, no exponent. */
final class Numbers {
  private static final MathContext DIGITS = new MathContext(4, RoundingMode.HALF_UP);

  private Numbers() {}

  static BigDecimal rounded(double value) {
    BigDecimal exact = BigDecimal.valueOf(value);
    BigDecimal rounded =
        Math.abs(value) >= 1_000 ? exact.setScale(0, RoundingMode.HALF_UP) : exact.round(DIGITS);
    BigDecimal bare = rounded.stripTrailingZeros();
    return bare.scale() < 0 ? bare.setScale(0, RoundingMode.UNNECESSARY) : bare;
  }

  static String text(double value) {
    return rounded(value).toPlainString();
  }
}
