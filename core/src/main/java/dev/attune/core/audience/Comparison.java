package dev.attune.core.audience;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How a count is compared with a number. */
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

  static List<String> symbols() {
    return Arrays.stream(values()).map(Comparison::symbol).toList();
  }

  static Optional<Comparison> ofSymbol(String symbol) {
    return Arrays.stream(values()).filter(c -> c.symbol.equals(symbol)).findFirst();
  }
}
