package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.model.ProfilesModel.Identification;
import dev.attune.core.model.TableModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A condition in SQL on rows of {@code merged}: those that may have to be refused. It finds more
 * than there are and never less; whether one is bad is decided where it becomes an input. To look
 * at each of them there would take a third of the time in which a large table is read and compared.
 */
final class SuspectRows {
  private static final String ALL = "true";

  /** What an identifier looks like that no rule can be broken by, but for the catalog's own. */
  private static final String PLAIN = "[A-Za-z0-9@._+:/=-]{1,128}";

  /** By the letters of {@link CellType}; lists, objects and what is not known are looked at. */
  private static final String CELL =
      "(%%1$s is not null and case %%1$s[1] when 'b' then false when 'i' then false"
          .concat(" when 's' then strlen(%%1$s) > %d")
          .concat(" when 'n' then not coalesce(isfinite(try_cast(%%1$s[2:] as double)), false)")
          .concat(
              " when 'd' then not coalesce(try_cast(%%1$s[2:] as bigint) between %d and %d, false)")
          .concat(
              " when 't' then not coalesce(try_cast(%%1$s[2:] as bigint) between %d and %d, false)")
          .concat(" else true end)")
          .formatted(
              Cells.LENGTH_MAX,
              Cells.DAYS_MIN,
              Cells.DAYS_MAX,
              Cells.DAYS_MIN * Cells.DAY_MICROS,
              (Cells.DAYS_MAX + 1) * Cells.DAY_MICROS - 1);

  private SuspectRows() {}

  /**
   * The condition.
   *
   * @param takesBack whether each row says its own namespace; then all are suspect
   * @param traits how many columns {@code t0...} there are
   */
  static String condition(TableModel model, boolean takesBack, int traits, Catalog catalog) {
    if (takesBack) {
      return ALL;
    }
    List<String> conditions = new ArrayList<>(List.of(identifier("k", model.key(), catalog)));
    for (int i = 0; i < model.identifiers().size(); i++) {
      conditions.add(identifier("i" + i, model.identifiers().get(i), catalog));
    }
    for (int t = 0; t < traits; t++) {
      conditions.add(CELL.formatted("t" + t));
    }
    return "(" + String.join(" or ", conditions) + ")";
  }

  private static String identifier(String column, Identification identified, Catalog catalog) {
    Namespace namespace = catalog.namespaces().get(identified.namespace());
    if (namespace == null) {
      return ALL;
    }
    Stream<String> blocked =
        namespace.blocked().isEmpty()
            ? Stream.empty()
            : Stream.of(
                namespace.blocked().stream()
                    .map(Sql::literal)
                    .collect(Collectors.joining(", ", column + " in (", ")")));
    return Stream.concat(
            Stream.of(
                "not regexp_full_match(%s, %s)".formatted(column, Sql.literal(PLAIN)),
                "regexp_matches(%s, %s)".formatted(column, Sql.literal(ForbiddenCells.DIGITS))),
            blocked)
        .collect(Collectors.joining(" or ", "(" + column + " is not null and (", "))"));
  }
}
