package dev.attune.core.definition;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The name that someone probably meant. */
public final class Nearest {
  /** Nobody means a name by what is longer; and to compare it with all names would take long. */
  private static final int LENGTH_MAX = 200;

  private Nearest() {}

  /** The known name with the smallest edit distance, if it is near enough to be meant. */
  public static Optional<String> of(String name, Collection<String> known) {
    if (name.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    return known.stream()
        .filter(candidate -> distance(name, candidate) <= Math.max(2, name.length() / 3))
        .min(
            Comparator.comparingInt((String candidate) -> distance(name, candidate))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** {@code ; did you mean "plan"?}, or nothing when no known name is near. */
  public static String hint(String name, Collection<String> known) {
    return of(name, known).map(nearest -> "; did you mean \"" + nearest + "\"?").orElse("");
  }

  // Levenshtein's distance, ignoring case, two rows at a time.
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        char x = Character.toLowerCase(a.charAt(i - 1));
        char y = Character.toLowerCase(b.charAt(j - 1));
        int replaced = previous[j - 1] + (x == y ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
