package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of an audience one run may move before a webhook is held, for somebody to have a look.
 *
 * @param share of those who belonged before it; 1 is as many; infinite: whatever it moves
 */
public record FlipLimit(double share) {
  /** When neither the definition nor the process says anything: half of them. */
  public static final FlipLimit DEFAULT = new FlipLimit(0.5);

  /** Nothing is held. */
  public static final FlipLimit NEVER = new FlipLimit(Double.POSITIVE_INFINITY);

  private static final Pattern PERCENT = Pattern.compile("(\\d{1,4}(?:\\.\\d{1,3})?)\\s*%");
  private static final int PERCENT_MAX = 1_000;

  public FlipLimit {
    if (!(share > 0)) {
      throw new IllegalArgumentException("share: " + share + " (allowed: more than 0)");
    }
  }

  /**
   * Reads {@code 30%} or {@code never}.
   *
   * @throws dev.attune.core.definition.DefinitionException that says what is allowed
   */
  public static FlipLimit parse(Yaml yaml) {
    String text = yaml.text();
    if (text.equals("never")) {
      return NEVER;
    }
    Matcher matcher = PERCENT.matcher(text);
    double percent = matcher.matches() ? new BigDecimal(matcher.group(1)).doubleValue() : 0;
    if (!(percent > 0 && percent <= PERCENT_MAX)) {
      throw yaml.error(
          "expected a share of an audience such as 30% (more than 0%, at most "
              + PERCENT_MAX
              + "%), or never");
    }
    return new FlipLimit(percent / 100);
  }

  /** Whether so many of so many are more than may be. */
  public boolean isPassed(long moved, long before) {
    return moved > share * before;
  }

  /** As it stands in a definition. */
  public String words() {
    return share == Double.POSITIVE_INFINITY
        ? "never"
        : BigDecimal.valueOf(share).movePointRight(2).stripTrailingZeros().toPlainString() + "%";
  }
}
