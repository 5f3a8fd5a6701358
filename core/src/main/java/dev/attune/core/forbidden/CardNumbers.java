package dev.attune.core.forbidden;

import java.util.Arrays;

/**
 * Payment card numbers in text: 13 to 19 digits that begin and are as long as an issuer's do, and
 * whose check digit is right (Luhn). Digits of any script count, in one piece or in groups with one
 * to three spaces, dashes, underscores or dots between them.
 *
 * <p>Chance gives the right check digit to every tenth number. So these are left alone, although
 * the digits would fit:
 *
 * <ul>
 *   <li>a part of more digits in one piece
 *   <li>telephone numbers: a plus sign and at most 15 digits
 *   <li>what follows the point of a decimal fraction
 *   <li>a part of at least 20 hexadecimal digits, such as a hash, or of a UUID
 *   <li>a part of many groups of which one has fewer than three digits, such as a list of marks
 * </ul>
 */
public final class CardNumbers {
  /** Fewest digits. */
  static final int DIGITS_MIN = 13;

  /** Most digits. */
  static final int DIGITS_MAX = 19;

  private static final int SEPARATORS_MAX = 3;
  private static final int GROUP_MIN = 3;
  private static final int DOTTED_GROUP_MAX = 6;
  private static final int PHONE_DIGITS_MAX = 15;
  private static final int HEX_MIN = 20;
  private static final int UUID_LENGTH = 36;

  private final String text;
  private int[] starts = new int[8];
  private int[] ends = new int[8];
  private int groups;
  private final byte[] digits = new byte[DIGITS_MAX];

  private CardNumbers(String text) {
    this.text = text;
  }

  /**
   * The text with a mask in the place of each card number; the very same text when there is none.
   */
  public static String mask(String text, String mask) {
    return mayHave(text) ? new CardNumbers(text).masked(mask) : text;
  }

  /** Whether a whole number's digits are a card number's. */
  public static boolean isOne(long number) {
    String text = Long.toString(Math.abs(number));
    return !mask(text, "").equals(text);
  }

  /** Whether a text is nothing but one piece of digits. */
  static boolean isPlainNumber(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (digit(text.charAt(i)) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  // Nearly every text ends here.
  private static boolean mayHave(String text) {
    int length = text.length();
    if (length < DIGITS_MIN) {
      return false;
    }
    int found = 0;
    for (int i = 0; i < length; i++) {
      if (digit(text.charAt(i)) >= 0) {
        found++;
      }
    }
    return found >= DIGITS_MIN;
  }

  private static int digit(char c) {
    if (c < 128) {
      int digit = c - '0';
      return digit <= 9 ? digit : -1;
    }
    return Character.digit(c, 10);
  }

  private String masked(String mask) {
    StringBuilder masked = null;
    int copied = 0;
    int at = 0;
    while (at < text.length()) {
      if (digit(text.charAt(at)) < 0) {
        at++;
        continue;
      }
      at = readRun(at);
      for (int first = 0; first < groups; first++) {
        int last = lastOfNumber(first);
        if (last >= 0) {
          masked = masked == null ? new StringBuilder(text.length()) : masked;
          masked.append(text, copied, starts[first]).append(mask);
          copied = ends[last];
          first = last;
        }
      }
    }
    return masked == null ? text : masked.append(text, copied, text.length()).toString();
  }

  /** Reads the groups of digits that stand together, and answers where they end. */
  private int readRun(int from) {
    groups = 0;
    add(from, endOfGroup(from));
    while (true) {
      int end = ends[groups - 1];
      int next = end;
      boolean dotted = false;
      while (next < text.length()
          && next - end < SEPARATORS_MAX
          && isSeparator(text.charAt(next))) {
        dotted |= text.charAt(next) == '.';
        next++;
      }
      if (next == end || next == text.length() || digit(text.charAt(next)) < 0) {
        return end;
      }
      int endOfNext = endOfGroup(next);
      // A dot is rather a decimal point, or the end of a sentence.
      if (dotted && !(isDotted(end - starts[groups - 1]) && isDotted(endOfNext - next))) {
        return end;
      }
      add(next, endOfNext);
    }
  }

  private static boolean isDotted(int length) {
    return length >= GROUP_MIN && length <= DOTTED_GROUP_MAX;
  }

  private void add(int start, int end) {
    if (groups == starts.length) {
      starts = Arrays.copyOf(starts, 2 * groups);
      ends = Arrays.copyOf(ends, 2 * groups);
    }
    starts[groups] = start;
    ends[groups] = end;
    groups++;
  }

  private int endOfGroup(int from) {
    int end = from;
    while (end < text.length() && digit(text.charAt(end)) >= 0) {
      end++;
    }
    return end;
  }

  private static boolean isSeparator(char c) {
    return switch (c) {
      case ' ', '\t', '\n', '\r', '-', '_', '.', '\u2212' -> true;
      default -> c >= 128 && isForeignSeparator(c);
    };
  }

  private static boolean isForeignSeparator(char c) {
    return switch (Character.getType(c)) {
      case Character.SPACE_SEPARATOR, Character.DASH_PUNCTUATION, Character.FORMAT -> true;
      default -> false;
    };
  }

  /** The last group of the longest card number that begins with a group; -1: there is none. */
  private int lastOfNumber(int first) {
    int found = -1;
    int count = 0;
    boolean ragged = false;
    for (int last = first; last < groups; last++) {
      if (last > first && ends[last - 1] - starts[last - 1] < GROUP_MIN) {
        ragged = true;
        if (first > 0) {
          break;
        }
      }
      count += ends[last] - starts[last];
      if (count > DIGITS_MAX) {
        break;
      }
      boolean whole = first == 0 && last == groups - 1;
      if (count >= DIGITS_MIN && (whole || !ragged) && isNumber(first, last, count)) {
        found = last;
      }
    }
    return found;
  }

  private boolean isNumber(int first, int last, int count) {
    int filled = 0;
    for (int group = first; group <= last; group++) {
      for (int i = starts[group]; i < ends[group]; i++) {
        digits[filled++] = (byte) digit(text.charAt(i));
      }
    }
    return isChecked(count)
        && Issuers.know(firstSix(), count)
        && !isPhone(starts[first], count)
        && !(first == last && isFraction(starts[first]))
        && !isHex(starts[first], ends[last])
        && !isUuid(starts[first], ends[last]);
  }

  // Every second digit from the right counts twice, and the digits of all that add up to tens.
  private boolean isChecked(int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      int digit = digits[count - 1 - i];
      int doubled = 2 * digit;
      sum += i % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
    }
    return sum % 10 == 0;
  }

  private int firstSix() {
    int number = 0;
    for (int i = 0; i < 6; i++) {
      number = 10 * number + digits[i];
    }
    return number;
  }

  private boolean isPhone(int start, int count) {
    return count <= PHONE_DIGITS_MAX && start > 0 && text.charAt(start - 1) == '+';
  }

  private boolean isFraction(int start) {
    return start > 1 && text.charAt(start - 1) == '.' && digit(text.charAt(start - 2)) >= 0;
  }

  private boolean isHex(int start, int end) {
    int from = reach(start, -1, false);
    int to = reach(end, 1, false);
    return to - from > end - start
        && to - from >= HEX_MIN
        && isHexDigits(from, start)
        && isHexDigits(end, to);
  }

  /**
   * How far letters and digits reach from a place in the text. No further than a UUID is long: a
   * long text of such places must not be read once for each.
   */
  private int reach(int place, int step, boolean overDashes) {
    int at = place;
    while (Math.abs(at - place) < UUID_LENGTH) {
      int next = step < 0 ? at - 1 : at;
      if (next < 0 || next >= text.length()) {
        break;
      }
      char c = text.charAt(next);
      if (!isAlphanumeric(c) && !(overDashes && c == '-')) {
        break;
      }
      at += step;
    }
    return at;
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  // At the start or the end of what has no spaces: senders put words and times before one.
  private boolean isUuid(int start, int end) {
    int from = reach(start, -1, true);
    int to = reach(end, 1, true);
    return (end - from <= UUID_LENGTH && isUuid(from))
        || (to - start <= UUID_LENGTH && isUuid(to - UUID_LENGTH));
  }

  private boolean isUuid(int from) {
    if (from < 0 || from + UUID_LENGTH > text.length()) {
      return false;
    }
    for (int i = 0; i < UUID_LENGTH; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? text.charAt(from + i) != '-' : !isHexDigits(from + i, from + i + 1)) {
        return false;
      }
    }
    return true;
  }

  private boolean isHexDigits(int from, int to) {
    for (int i = from; i < to; i++) {
      if (Character.digit(text.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }
}
