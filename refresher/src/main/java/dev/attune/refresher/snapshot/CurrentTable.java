package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.model.ProfilesModel.Identification;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The snapshot as the model maps it: the table {@code current}, with the columns n (the row's
 * number), ns and k (the key), s (the row's stamp), {@code i0...} (further identifiers) and {@code
 * t0...} (traits, in the text form of {@link CellType}).
 */
final class CurrentTable {
  // What String.strip() takes away, so that one key does not pass for two here.
  private static final String WHITESPACE = whitespace();

  private final DuckDb db;
  private final ProfilesModel model;
  private final String namespaceColumn;
  private final Catalog catalog;
  private final SourceReader reader;
  private final List<Column> columns;
  private final Map<String, String> identifierTypes = new LinkedHashMap<>();

  /**
   * @param namespaceColumn the column with the key's namespace; empty: it is the model's
   */
  CurrentTable(
      DuckDb db,
      ProfilesModel model,
      String namespaceColumn,
      Catalog catalog,
      SourceReader reader,
      List<Column> columns) {
    this.db = db;
    this.model = model;
    this.namespaceColumn = namespaceColumn;
    this.catalog = catalog;
    this.reader = reader;
    this.columns = columns;
  }

  /**
   * Makes the table of {@code staged}, and refuses what cannot be taken whole. Answers the number
   * of rows.
   *
   * @param dataTimeMicros stamp of the rows that have none of their own
   */
  long create(long dataTimeMicros) throws SQLException {
    Column key = reader.column(columns, model.key().column());
    List<Column> mapped = new ArrayList<>();
    for (Identification identifier : model.identifiers()) {
      mapped.add(reader.column(columns, identifier.column()));
    }
    List<Column> traits = new ArrayList<>();
    for (String column : model.traits().values()) {
      traits.add(reader.column(columns, column));
    }
    mapped.addAll(traits);
    mapped.add(key);
    Optional<Column> updatedAt =
        model.updatedAt().isEmpty()
            ? Optional.empty()
            : Optional.of(reader.column(columns, model.updatedAt()));
    updatedAt.ifPresent(mapped::add);
    Optional<Column> namespace =
        namespaceColumn.isEmpty()
            ? Optional.empty()
            : Optional.of(reader.column(columns, namespaceColumn));
    namespace.ifPresent(mapped::add);
    Map<String, Long> filled = filled(mapped);

    List<String> select = new ArrayList<>();
    select.add(SourceReader.ROW + " as n");
    String ns =
        namespace
            .map(column -> "coalesce(trim(" + Sql.name(column.name()) + "::varchar), '')")
            .orElse(Sql.literal(model.key().namespace()));
    select.add(ns + " as ns");
    String value = identifier(model.key(), key, filled);
    select.add((namespace.isPresent() ? lowered(ns, value) : value) + " as k");
    select.add(stamp(updatedAt, dataTimeMicros, filled) + " as s");
    for (int i = 0; i < model.identifiers().size(); i++) {
      select.add(identifier(model.identifiers().get(i), mapped.get(i), filled) + " as i" + i);
    }
    int t = 0;
    for (String trait : model.traits().keySet()) {
      Column column = traits.get(t);
      Optional<CellType> type = cellType(trait, column, filled);
      select.add(type.map(CellType::encoding).orElse("null::varchar") + " as t" + t);
      checkRange(trait, column, type);
      t++;
    }
    db.execute("create table current as select " + String.join(", ", select) + " from staged");
    return checkKeys();
  }

  /** What the columns that identify people hold, by column; one without a value is left out. */
  Map<String, String> identifierTypes() {
    return identifierTypes;
  }

  // Rows in which a column has a value: one without any has no type, whatever the file says.
  private Map<String, Long> filled(List<Column> mapped) throws SQLException {
    List<String> names = mapped.stream().map(Column::name).distinct().toList();
    long[] counts =
        db.numbers(
            "select "
                + String.join(", ", names.stream().map(n -> "count(" + Sql.name(n) + ")").toList())
                + " from staged");
    Map<String, Long> filled = new LinkedHashMap<>();
    for (int i = 0; i < counts.length; i++) {
      filled.put(names.get(i), counts[i]);
    }
    return filled;
  }

  private String identifier(
      Identification identification, Column column, Map<String, Long> filled) {
    Optional<CellType> type = CellType.of(column);
    boolean text =
        type.isPresent()
            && (type.get().type() == TraitType.STRING || type.get().type() == TraitType.INTEGER);
    if (!text && filled.getOrDefault(column.name(), 0L) > 0) {
      throw new RefusedException(
          "the column \""
              + column.name()
              + "\" of "
              + reader.label()
              + " identifies people and is of type "
              + column.shownType()
              + " (allowed: VARCHAR, ENUM, UUID, integers)");
    }
    if (text && filled.getOrDefault(column.name(), 0L) > 0) {
      identifierTypes.put(column.name(), type.get().type().label());
    }
    String trimmed =
        "nullif(trim(" + Sql.name(column.name()) + "::varchar, " + WHITESPACE + "), '')";
    Namespace namespace = catalog.namespaces().get(identification.namespace());
    return namespace != null && namespace.lowerCase() ? "lower(" + trimmed + ")" : trimmed;
  }

  // Of a namespace that is in each row.
  private String lowered(String namespace, String value) {
    String lower =
        catalog.namespaces().values().stream()
            .filter(Namespace::lowerCase)
            .map(each -> Sql.literal(each.name()))
            .collect(Collectors.joining(", "));
    return lower.isEmpty()
        ? value
        : "case when %s in (%s) then lower(%s) else %s end"
            .formatted(namespace, lower, value, value);
  }

  private String stamp(Optional<Column> updatedAt, long dataTimeMicros, Map<String, Long> filled) {
    if (updatedAt.isEmpty() || filled.getOrDefault(updatedAt.get().name(), 0L) == 0) {
      return dataTimeMicros + "::bigint";
    }
    Column column = updatedAt.get();
    if (!column.type().startsWith("TIMESTAMP") && !column.type().equals("DATE")) {
      throw new RefusedException(
          "the column \""
              + column.name()
              + "\" of "
              + reader.label()
              + " is the row's own time (updated_at) and of type "
              + column.shownType()
              + " (allowed: TIMESTAMP, DATE)");
    }
    String time =
        column.type().equals("TIMESTAMP WITH TIME ZONE")
            ? Sql.name(column.name())
            : Sql.name(column.name()) + "::timestamp";
    return "coalesce(case when isfinite(%1$s) then epoch_us(%1$s) end, %2$d)"
        .formatted(time, dataTimeMicros);
  }

  private Optional<CellType> cellType(String trait, Column column, Map<String, Long> filled) {
    if (filled.getOrDefault(column.name(), 0L) == 0) {
      return Optional.empty();
    }
    CellType type =
        CellType.of(column)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "the trait \""
                            + trait
                            + "\" comes from the column \""
                            + column.name()
                            + "\" of "
                            + reader.label()
                            + ", of the unsupported type "
                            + column.shownType()
                            + " (allowed: "
                            + CellType.ALLOWED
                            + ")"));
    TraitType declared =
        catalog
            .trait(trait)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "the catalog no longer declares the trait \"" + trait + "\""))
            .type();
    return Optional.of(
        type.as(declared, column)
            .orElseThrow(
                () ->
                    new RefusedException(
                        "the trait \""
                            + trait
                            + "\" is declared as "
                            + declared.label()
                            + ", and its column \""
                            + column.name()
                            + "\" of "
                            + reader.label()
                            + " holds "
                            + type.type().name().toLowerCase(Locale.ROOT)
                            + " ("
                            + column.shownType()
                            + ")")));
  }

  private void checkRange(String trait, Column column, Optional<CellType> type)
      throws SQLException {
    if (type.isEmpty() || type.get().outOfRange().isEmpty()) {
      return;
    }
    long beyond = db.numbers("select count(*) from staged where " + type.get().outOfRange())[0];
    if (beyond > 0) {
      throw new RefusedException(
          "the trait \""
              + trait
              + "\" has "
              + beyond
              + " values in the column \""
              + column.name()
              + "\" of "
              + reader.label()
              + " ("
              + column.shownType()
              + ") that exceed 64 bits (allowed: none)");
    }
  }

  private long checkKeys() throws SQLException {
    long[] counts =
        db.numbers(
            "select count(*), count(k), count(distinct (ns, k)) filter (where k is not null) from current");
    String column = "the key column \"" + model.key().column() + "\" of " + reader.label();
    if (counts[1] < counts[0]) {
      throw new RefusedException(
          column
              + " is empty in "
              + (counts[0] - counts[1])
              + " of "
              + counts[0]
              + " rows (allowed: a key in each)");
    }
    if (counts[2] < counts[1]) {
      long[] repeated =
          db.numbers(
              "select count(*), sum(c)::bigint from"
                  + " (select count(*) as c from current group by ns, k having count(*) > 1)");
      throw new RefusedException(
          "%s has %d values that stand in more than one row, in %d rows (allowed: one row for each)"
              .formatted(column, repeated[0], repeated[1]));
    }
    return counts[0];
  }

  private static String whitespace() {
    StringBuilder characters = new StringBuilder();
    for (char c = 1; c < Character.MAX_VALUE; c++) {
      if (Character.isWhitespace(c)) {
        characters.append(c);
      }
    }
    return Sql.literal(characters.toString());
  }
}
