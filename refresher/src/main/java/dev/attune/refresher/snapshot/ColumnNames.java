package dev.attune.refresher.snapshot;

import dev.attune.core.definition.Nearest;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The columns that a model speaks of, and what is said when one is not there. */
final class ColumnNames {
  private static final int NAMES_SHOWN_MAX = 50;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_ -]{0,63}");
  private static final Pattern LIKE_A_VALUE = Pattern.compile("[0-9+-].*|.*@.*", Pattern.DOTALL);

  private final List<String> mapped;
  private final Set<String> mentioned = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

  /**
   * @param mapped the columns that the model names outside its source; an empty name is none
   * @param declared those that it names inside
   */
  ColumnNames(Collection<String> mapped, Collection<String> declared) {
    this.mapped = mapped.stream().filter(name -> !name.isEmpty()).distinct().toList();
    mentioned.addAll(this.mapped);
    mentioned.addAll(declared);
  }

  /** The columns that the model names outside its source, each once. */
  List<String> mapped() {
    return mapped;
  }

  /**
   * Refuses unless a column with this very name is there.
   *
   * @param where how messages call what has the columns
   * @param headed whether a header line that is missing may be why
   */
  void require(String name, List<String> present, String where, boolean headed) {
    if (present.contains(name)) {
      return;
    }
    String missing = where + " has no column \"" + name + "\"";
    if (!areNames(present)) {
      throw new RefusedException(
          missing
              + " among its "
              + present.size()
              + " columns"
              + (headed ? "; it may lack its header line" : ""));
    }
    List<String> plain = present.stream().filter(ColumnNames::isPlain).toList();
    String shown =
        present.stream()
            .limit(NAMES_SHOWN_MAX)
            .map(other -> isPlain(other) ? other : "(not a plain name)")
            .collect(Collectors.joining(", "));
    throw new RefusedException(
        missing
            + Nearest.hint(name, plain)
            + " (present: "
            + shown
            + (present.size() > NAMES_SHOWN_MAX ? ", ..." : "")
            + ")");
  }

  // Where a header is missing, or a query turns values into columns, the names are somebody's data.
  // They are taken for names if the model speaks of one of them and none is plainly a value.
  private boolean areNames(List<String> present) {
    return present.stream().anyMatch(mentioned::contains)
        && present.stream().noneMatch(name -> LIKE_A_VALUE.matcher(name).matches());
  }

  private static boolean isPlain(String name) {
    return PLAIN_NAME.matcher(name).matches();
  }
}
