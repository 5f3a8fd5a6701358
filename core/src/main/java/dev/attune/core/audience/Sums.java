package dev.attune.core.audience;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * What the numbers of events add up to, exactly: a thousand of the greatest do not fit in 64 bits.
 *
 * @param millionths their sum
 */
record Sums(BigInteger millionths, int count) {
  static Sums of(EventRing ring) {
    long whole = 0;
    long rest = 0;
    for (int n = 1; n <= ring.size(); n++) {
      whole += Math.floorDiv(ring.taken(n), Measure.PER_ONE);
      rest += Math.floorMod(ring.taken(n), Measure.PER_ONE);
    }
    return of(whole, rest, ring.size());
  }

  /**
   * From whole ones and millionths that were added apart.
   *
   * @param rest however many
   */
  static Sums of(long whole, long rest, int count) {
    return new Sums(
        BigInteger.valueOf(whole)
            .multiply(BigInteger.valueOf(Measure.PER_ONE))
            .add(BigInteger.valueOf(rest)),
        count);
  }

  /** The nearest number to their sum. */
  double sum() {
    return new BigDecimal(millionths, Measure.DIGITS).doubleValue();
  }

  /** The nearest number to their average; there has to be one of them. */
  double average() {
    return new BigDecimal(millionths, Measure.DIGITS)
        .divide(BigDecimal.valueOf(count), MathContext.DECIMAL64)
        .doubleValue();
  }
}
