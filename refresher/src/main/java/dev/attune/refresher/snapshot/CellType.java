package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.TraitType;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.util.Locale;
import java.util.Optional;

/**
 * How the cells of a column become values.
 *
 * <table>
 * <caption>Types of columns and of traits</caption>
 * <tr><th>column</th><th>trait</th></tr>
 * <tr><td>BOOLEAN</td><td>boolean</td></tr>
 * <tr><td>TINYINT to BIGINT, signed or not; HUGEINT and DECIMAL(p,0) while within 64 bits</td>
 *     <td>integer; also number</td></tr>
 * <tr><td>FLOAT, DOUBLE, DECIMAL(p,s)</td><td>number; NaN and infinity make a bad row</td></tr>
 * <tr><td>VARCHAR, ENUM, UUID</td><td>string</td></tr>
 * <tr><td>DATE</td><td>date</td></tr>
 * <tr><td>TIMESTAMP of any precision, with or without zone</td><td>timestamp, in microseconds;
 *     without a zone it is UTC</td></tr>
 * <tr><td>lists and arrays</td><td>list; inside, everything is as in JSON</td></tr>
 * <tr><td>STRUCT, MAP, JSON</td><td>object; a JSON column also list; inside, everything is as in
 *     JSON</td></tr>
 * <tr><td>anything else (BLOB, INTERVAL, TIME, BIT, UNION, ...)</td><td>refused</td></tr>
 * </table>
 *
 * <p>A column without a single value fits every type. A NULL cell removes the trait.
 *
 * <p>In SQL a cell is a text: a letter for its type, then its value. It is compared and kept as
 * that, so that a value that stays equal while its column changes its width is not a change.
 *
 * @param type what the cells hold
 * @param encoding an SQL expression: the cell's text, NULL for NULL
 * @param outOfRange an SQL condition that is true for cells that no value can hold; empty: none can
 *     be
 */
record CellType(TraitType type, String encoding, String outOfRange) {
  static final String ALLOWED =
      "BOOLEAN, integers, FLOAT, DOUBLE, DECIMAL, VARCHAR, ENUM, UUID, DATE, TIMESTAMP, lists, STRUCT,"
          + " MAP, JSON";

  /** The cell type of a column; empty when there is none. */
  static Optional<CellType> of(Column column) {
    String name = Sql.name(column.name());
    String type = column.type().toUpperCase(Locale.ROOT);
    if (type.endsWith("]")) {
      return some(TraitType.LIST, "'l' || to_json(" + name + ")::varchar");
    }
    int parenthesis = type.indexOf('(');
    return switch (parenthesis < 0 ? type : type.substring(0, parenthesis)) {
      case "BOOLEAN" -> some(TraitType.BOOLEAN, "'b' || " + name + "::integer");
      case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" ->
          some(TraitType.INTEGER, "'i' || " + name);
      case "UBIGINT", "HUGEINT", "UHUGEINT" -> wide(name);
      case "DECIMAL" -> type.endsWith(",0)") ? wide(name) : number(name);
      case "FLOAT", "DOUBLE" -> number(name);
      case "VARCHAR", "ENUM", "UUID" -> some(TraitType.STRING, "'s' || " + name + "::varchar");
      case "DATE" ->
          some(
              TraitType.DATE,
              "case when isfinite(%1$s) then 'd' || (%1$s - date '1970-01-01') else 'd' || %1$s end"
                  .formatted(name));
      case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" ->
          timestamp(name + "::timestamp");
      case "TIMESTAMP WITH TIME ZONE" -> timestamp(name);
      case "STRUCT", "MAP" -> some(TraitType.OBJECT, "'o' || to_json(" + name + ")::varchar");
      case "JSON" -> some(TraitType.OBJECT, "'o' || " + name + "::varchar");
      default -> Optional.empty();
    };
  }

  /** The same cells as a declared type holds them; empty when it cannot. */
  Optional<CellType> as(TraitType declared, Column column) {
    if (type == declared) {
      return Optional.of(this);
    }
    String name = Sql.name(column.name());
    if (type == TraitType.INTEGER && declared == TraitType.NUMBER) {
      return number(name);
    }
    if (column.type().equals("JSON") && declared == TraitType.LIST) {
      return some(TraitType.LIST, "'l' || " + name + "::varchar");
    }
    return Optional.empty();
  }

  private static Optional<CellType> some(TraitType type, String encoding) {
    return Optional.of(new CellType(type, encoding, ""));
  }

  private static Optional<CellType> wide(String name) {
    return Optional.of(
        new CellType(
            TraitType.INTEGER,
            "'i' || " + name,
            name + " is not null and try_cast(" + name + " as bigint) is null"));
  }

  // Adding zero makes the negative zero the positive one.
  private static Optional<CellType> number(String name) {
    return some(TraitType.NUMBER, "'n' || (" + name + "::double + 0.0::double)");
  }

  private static Optional<CellType> timestamp(String expression) {
    return some(
        TraitType.TIMESTAMP,
        "case when isfinite(%1$s) then 't' || epoch_us(%1$s) else 't' || %1$s end"
            .formatted(expression));
  }
}
