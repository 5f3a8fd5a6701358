package dev.attune.core.definition;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** The name that someone probably meant. */
public final class Nearest {
  /** Nobody means a name by what is longer; and to compare it with all names would take long. */
  private static final int LENGTH_MAX = 200;

  /** So many letters have room for one slip. */
  private static final int LETTERS_A_SLIP = 6;

  /** Letters of an "ed". */
  private static final int ENDING = 2;

  private Nearest() {}

  /** The known name with the smallest edit distance, if it is near enough to be meant. */
  public static Optional<String> of(String name, Collection<String> known) {
    return within(name, known, Math.max(2, name.length() / 3));
  }

  /**
   * The known name that this one is but for a slip: a letter too many, too few, another one or two
   * that changed places, in every six letters; or "Page View" for "Page Viewed". It is for names
   * that may well be meant as they are: "Signed In" is no slip of "Signed Up", nor is "Step 2" one
   * of "Step 1".
   */
  public static Optional<String> bySlip(String name, Collection<String> known) {
    String digits = digits(name);
    List<String> candidates =
        known.stream().filter(candidate -> digits(candidate).equals(digits)).toList();
    return within(name, candidates, Math.max(1, name.length() / LETTERS_A_SLIP))
        .or(
            () ->
                candidates.stream()
                    .filter(candidate -> isEnding(name, candidate) || isEnding(candidate, name))
                    .min(Comparator.naturalOrder()));
  }

  private static boolean isEnding(String shorter, String longer) {
    return longer.length() - shorter.length() == ENDING
        && longer.regionMatches(true, 0, shorter, 0, shorter.length());
  }

  private static Optional<String> within(String name, Collection<String> known, int most) {
    if (name.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    ToIntFunction<String> distance = candidate -> distance(name, candidate, most);
    return known.stream()
        .filter(candidate -> distance.applyAsInt(candidate) <= most)
        .min(Comparator.comparingInt(distance).thenComparing(Comparator.naturalOrder()));
  }

  private static String digits(String name) {
    return name.chars().anyMatch(Character::isDigit) ? name.replaceAll("\\D", "") : "";
  }

  /** {@code ; did you mean "plan"?}, or nothing when no known name is near. */
  public static String hint(String name, Collection<String> known) {
    return of(name, known).map(nearest -> "; did you mean \"" + nearest + "\"?").orElse("");
  }

  // Levenshtein's distance, ignoring case, where neighbours that change places count once; three
  // rows at a time. Beyond the most it is only known to be more.
  private static int distance(String a, String b, int most) {
    if (Math.abs(a.length() - b.length()) > most) {
      return most + 1;
    }
    int[] before = new int[b.length() + 1];
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      int least = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (same(a, i, b, j) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
        if (i > 1 && j > 1 && same(a, i, b, j - 1) && same(a, i - 1, b, j)) {
          current[j] = Math.min(current[j], before[j - 2] + 1);
        }
        least = Math.min(least, current[j]);
      }
      // Then nothing in the row before is within the most either, to which a change of places
      // reaches back.
      if (least > most + 1) {
        return most + 1;
      }
      int[] swap = before;
      before = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }

  private static boolean same(String a, int i, String b, int j) {
    return Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
  }
}
