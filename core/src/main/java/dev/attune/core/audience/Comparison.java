package dev.attune.core.audience;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How a count or an amount is compared with a number. */
public enum Comparison {
  AT_LEAST(">="),
  MORE_THAN(">"),
  EXACTLY("=="),
  AT_MOST("<="),
  LESS_THAN("<");

  private final String symbol;

  Comparison(String symbol) {
    this.symbol = symbol;
  }

  /** As it is written. */
  public String symbol() {
    return symbol;
  }

  /**
   * Whether it holds.
   *
   * @param order of the left side beside the right one, as of a comparator
   */
  boolean holds(int order) {
    return switch (this) {
      case AT_LEAST -> order >= 0;
      case MORE_THAN -> order > 0;
      case EXACTLY -> order == 0;
      case AT_MOST -> order <= 0;
      case LESS_THAN -> order < 0;
    };
  }

  static List<String> symbols() {
    return Arrays.stream(values()).map(Comparison::symbol).toList();
  }

  static Optional<Comparison> ofSymbol(String symbol) {
    return Arrays.stream(values()).filter(c -> c.symbol.equals(symbol)).findFirst();
  }
}
