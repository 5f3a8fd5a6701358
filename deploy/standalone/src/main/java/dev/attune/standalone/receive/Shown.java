package dev.attune.standalone.receive;

import java.util.regex.Pattern;

/** What came from elsewhere, as a terminal may show it. */
final class Shown {
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");
  private static final int LENGTH_MAX = 200;

  private Shown() {}

  /** Without characters that move the cursor or turn the writing around. */
  static String block(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }

  /** The same on one line, at most 200 characters. */
  static String text(String text) {
    String line = block(text).replaceAll("\\s+", " ");
    return line.length() <= LENGTH_MAX ? line : line.substring(0, LENGTH_MAX) + "...";
  }
}
