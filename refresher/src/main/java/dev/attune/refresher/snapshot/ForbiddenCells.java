package dev.attune.refresher.snapshot;

import dev.attune.core.forbidden.FieldNames;
import dev.attune.core.forbidden.FieldPath;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.core.model.EventsModel;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.model.TableModel;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.forbidden.Masking.Place;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Masks forbidden data in the table of mapped rows, before any of it is compared, kept or sent.
 *
 * <p>SQL finds the few cells in which something may be, more than there is in and never less; what
 * is in them is decided here, by the rules that hold for events.
 */
final class ForbiddenCells {
  private static final int INSERT_ROWS = 500;

  /** Thirteen digits of any script, at most three other characters between two of them. */
  static final String DIGITS = "(?:^|\\P{Nd})(?:[2-9]|[^\\x00-\\x7F])(?:\\P{Nd}{0,3}\\p{Nd}){12}";

  /** The letters of {@link CellType} for dates, timestamps and booleans. */
  private static final String NEVER_CARDS = "('d', 't', 'b')";

  private final Masking masking;
  private final Forbidden rules;

  ForbiddenCells(Masking masking, Forbidden rules) {
    this.masking = masking;
    this.rules = rules;
  }

  /**
   * A column of a table.
   *
   * @param typed whether its cells have the form of {@link CellType}; else they are texts
   * @param names the trait's or property's, and the source's column
   */
  private record Column(String name, boolean typed, List<String> names) {}

  /** Masks the table {@code current}. */
  void mask(DuckDb db, TableModel model) throws SQLException {
    List<Column> columns = new ArrayList<>();
    columns.add(text("k", model.key().namespace(), model.key().column()));
    for (int i = 0; i < model.identifiers().size(); i++) {
      var identifier = model.identifiers().get(i);
      columns.add(text("i" + i, identifier.namespace(), identifier.column()));
    }
    // The other kinds have times and yes or no there.
    if (model instanceof ProfilesModel profiles) {
      int t = 0;
      for (var trait : profiles.traits().entrySet()) {
        columns.add(new Column("t" + t++, true, List.of(trait.getKey(), trait.getValue())));
      }
    }
    mask(db, "current", columns);
  }

  /** Masks the table {@code mapped}. */
  void mask(DuckDb db, EventsModel model) throws SQLException {
    List<Column> columns = new ArrayList<>();
    columns.add(text("k", EventsModel.USER_NAMESPACE, model.userIdColumn()));
    columns.add(text("name", "event", model.eventNameColumn()));
    columns.add(text("id", "messageId", model.idColumn()));
    int p = 0;
    for (var property : model.properties().entrySet()) {
      columns.add(new Column("p" + p++, true, List.of(property.getKey(), property.getValue())));
    }
    mask(db, "mapped", columns);
  }

  /** A row as JSON without what is forbidden. */
  byte[] row(byte[] json) {
    return masking.document(json, null, rules, Place.WAREHOUSE);
  }

  private static Column text(String name, String... names) {
    return new Column(name, false, Arrays.stream(names).filter(each -> !each.isEmpty()).toList());
  }

  private void mask(DuckDb db, String table, List<Column> columns) throws SQLException {
    for (Column column : columns) {
      Optional<String> forbidden =
          column.names().stream().flatMap(name -> rules.fields().find(name).stream()).findFirst();
      if (forbidden.isPresent()) {
        maskAll(db, table, column, Forbidden.mask(forbidden.get()));
      } else {
        maskSome(db, table, column);
      }
    }
  }

  private void maskAll(DuckDb db, String table, Column column, String mask) throws SQLException {
    long values = db.numbers("select count(" + column.name() + ") from " + table)[0];
    masking.count(Place.WAREHOUSE, 0, values);
    db.execute(
        "update %1$s set %2$s = %3$s where %2$s is not null"
            .formatted(table, column.name(), Sql.literal((column.typed() ? "s" : "") + mask)));
  }

  private void maskSome(DuckDb db, String table, Column column) throws SQLException {
    String suspicious = suspicious(column);
    if (suspicious.isEmpty()) {
      return;
    }
    db.execute("create table masks (n bigint, cell varchar)");
    List<String> values = new ArrayList<>();
    db.forEach(
        "select n, %s from %s where %s".formatted(column.name(), table, suspicious),
        row -> {
          String cell = row.getString(2);
          String masked = masked(cell, column);
          if (!masked.equals(cell)) {
            values.add("(" + row.getLong(1) + ", " + Sql.literal(masked) + ")");
          }
          if (values.size() == INSERT_ROWS) {
            insert(db, values);
          }
        });
    insert(db, values);
    db.execute(
        "update %1$s set %2$s = masks.cell from masks where masks.n = %1$s.n"
            .formatted(table, column.name()));
    db.execute("drop table masks");
  }

  private static void insert(DuckDb db, List<String> values) throws SQLException {
    if (!values.isEmpty()) {
      db.execute("insert into masks values " + String.join(", ", values));
      values.clear();
    }
  }

  private String suspicious(Column column) {
    List<String> conditions = new ArrayList<>();
    if (rules.cardNumbers()) {
      String digits =
          "(length(%1$s) >= 13 and regexp_matches(%1$s, %2$s))"
              .formatted(column.name(), Sql.literal(DIGITS));
      conditions.add(
          column.typed()
              ? "(" + column.name() + "[1] not in " + NEVER_CARDS + " and " + digits + ")"
              : digits);
    }
    if (column.typed()) {
      // Only lists and objects have fields, and what is in them may be written as an escape.
      String inside =
          Stream.concat(
                  rules.fields().pattern().stream()
                      .map(
                          pattern ->
                              "regexp_matches(%s, %s)"
                                  .formatted(column.name(), Sql.literal(pattern))),
                  rules.isEmpty()
                      ? Stream.empty()
                      : Stream.of("contains(" + column.name() + ", '\\u')"))
              .collect(Collectors.joining(" or "));
      if (!inside.isEmpty()) {
        conditions.add("(" + column.name() + "[1] in ('o', 'l') and (" + inside + "))");
      }
    }
    return String.join(" or ", conditions);
  }

  private String masked(String cell, Column column) {
    String text = column.typed() ? cell.substring(1) : cell;
    if (isException(column, text)) {
      return cell;
    }
    if (!column.typed()) {
      return masking.text(text, rules, Place.WAREHOUSE);
    }
    return switch (cell.charAt(0)) {
      case 's' -> "s" + masking.text(text, rules, Place.WAREHOUSE);
      case 'i' -> number(cell, Long.parseLong(text), column);
      case 'n' -> number(cell, Double.parseDouble(text), column);
      default -> cell.charAt(0) + nested(text, column);
    };
  }

  private String number(String cell, double number, Column column) {
    return number == Math.rint(number) && Math.abs(number) < Long.MAX_VALUE
        ? number(cell, (long) number, column)
        : cell;
  }

  private String number(String cell, long number, Column column) {
    if (!rules.isCard(null, column.names().getFirst(), number)) {
      return cell;
    }
    masking.count(Place.WAREHOUSE, 1, 0);
    return "s" + Forbidden.cardMask();
  }

  private String nested(String json, Column column) {
    FieldPath at = FieldPath.of(column.names().getFirst());
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    return new String(masking.document(bytes, at, rules, Place.WAREHOUSE), StandardCharsets.UTF_8);
  }

  private boolean isException(Column column, String text) {
    FieldNames exceptions = rules.notCards();
    return column.names().stream().anyMatch(name -> exceptions.find(name).isPresent())
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }
}
