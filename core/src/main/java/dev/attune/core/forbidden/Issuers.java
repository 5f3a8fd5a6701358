package dev.attune.core.forbidden;

/**
 * Which numbers card issuers give out, by their first six digits and their length. A list of what
 * is known, not of what is in use: a number that nobody gives out is no secret of anybody's.
 */
final class Issuers {
  /**
   * A range of first digits.
   *
   * @param from first six digits, inclusive
   * @param to first six digits, inclusive
   * @param lengths a bit for each length that occurs
   */
  private record Range(int from, int to, int lengths) {}

  private static final Range[] RANGES = {
    // Visa
    range(400000, 499999, lengths(13, 13) | lengths(16, 16) | lengths(18, 19)),
    // Mastercard
    range(510000, 559999, lengths(16, 16)),
    range(222100, 272099, lengths(16, 16)),
    // American Express
    range(340000, 349999, lengths(15, 15)),
    range(370000, 379999, lengths(15, 15)),
    // Diners Club
    range(300000, 305999, lengths(14, 19)),
    range(309500, 309599, lengths(14, 19)),
    range(360000, 369999, lengths(14, 19)),
    range(380000, 399999, lengths(14, 19)),
    // Discover
    range(601100, 601199, lengths(16, 19)),
    range(644000, 659999, lengths(16, 19)),
    // UnionPay
    range(620000, 629999, lengths(14, 19)),
    range(810000, 817199, lengths(16, 19)),
    // JCB
    range(352800, 358999, lengths(16, 19)),
    // Maestro; its range at 50 is also Elo's, Verve's and RuPay's
    range(501800, 501899, lengths(13, 19)),
    range(502000, 502099, lengths(13, 19)),
    range(503800, 503899, lengths(13, 19)),
    range(589300, 589399, lengths(13, 19)),
    range(630400, 630499, lengths(13, 19)),
    range(675900, 675999, lengths(13, 19)),
    range(676100, 676399, lengths(13, 19)),
    range(500000, 509999, lengths(16, 19)),
    range(560000, 589999, lengths(16, 19)),
    range(630000, 639999, lengths(16, 19)),
    range(670000, 679999, lengths(16, 19)),
    // RuPay, Hipercard
    range(600000, 609999, lengths(16, 16)),
    range(817200, 829999, lengths(16, 16)),
    // Mir
    range(220000, 220499, lengths(16, 19)),
    // Uzcard, Troy, Humo
    range(860000, 860099, lengths(16, 16)),
    range(979200, 979299, lengths(16, 16)),
    range(986000, 986099, lengths(16, 16)),
  };

  private Issuers() {}

  /** Whether a number may begin so and be so long. */
  static boolean know(int firstSix, int length) {
    for (Range range : RANGES) {
      if (firstSix >= range.from
          && firstSix <= range.to
          && (range.lengths & lengths(length, length)) != 0) {
        return true;
      }
    }
    return false;
  }

  private static Range range(int from, int to, int lengths) {
    return new Range(from, to, lengths);
  }

  private static int lengths(int from, int to) {
    int bits = 0;
    for (int length = from; length <= to; length++) {
      bits |= 1 << length;
    }
    return bits;
  }
}
