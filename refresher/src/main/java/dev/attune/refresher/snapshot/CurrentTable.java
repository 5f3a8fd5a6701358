package dev.attune.refresher.snapshot;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.model.AudienceModel;
import dev.attune.core.model.ConsentModel;
import dev.attune.core.model.ProfilesModel;
import dev.attune.core.model.ProfilesModel.Identification;
import dev.attune.core.model.TableModel;
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
 * number), ns and k (the key), s (the row's stamp), {@code i0...} (further identifiers), {@code
 * t0...} (the model's facts, in the text form of {@link CellType}) and, where each has its own, the
 * stamps of those, {@code s0...}.
 */
final class CurrentTable {
  // What String.strip() takes away, so that one key does not pass for two here.
  private static final String WHITESPACE = whitespace();

  private final DuckDb db;
  private final TableModel model;
  private final String namespaceColumn;
  private final Catalog catalog;
  private final SourceReader reader;
  private final List<Column> columns;
  private final Map<String, String> types = new LinkedHashMap<>();

  /**
   * @param namespaceColumn the column with the key's namespace; empty: it is the model's
   */
  CurrentTable(
      DuckDb db,
      TableModel model,
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
    switch (model) {
      case ProfilesModel profiles -> createProfiles(profiles, dataTimeMicros);
      case AudienceModel audience -> createMembers(audience, dataTimeMicros);
      case ConsentModel consent -> createConsents(consent, dataTimeMicros);
    }
    return checkKeys();
  }

  private void createProfiles(ProfilesModel profiles, long dataTimeMicros) throws SQLException {
    Column key = column(profiles.key().column());
    List<Column> mapped = new ArrayList<>();
    for (Identification identifier : profiles.identifiers()) {
      mapped.add(column(identifier.column()));
    }
    List<Column> traits = new ArrayList<>();
    for (String column : profiles.traits().values()) {
      traits.add(column(column));
    }
    mapped.addAll(traits);
    mapped.add(key);
    Optional<Column> updatedAt =
        profiles.updatedAt().isEmpty()
            ? Optional.empty()
            : Optional.of(column(profiles.updatedAt()));
    updatedAt.ifPresent(mapped::add);
    Optional<Column> namespace =
        namespaceColumn.isEmpty()
            ? Optional.empty()
            : Optional.of(reader.column(columns, namespaceColumn));
    namespace.ifPresent(mapped::add);
    Map<String, Long> filled = filled(mapped);

    List<String> select =
        namespace.isPresent() ? row(namespace.get(), key, filled) : row(key, filled);
    select.add(stamp(updatedAt, dataTimeMicros, filled) + " as s");
    for (int i = 0; i < profiles.identifiers().size(); i++) {
      select.add(identifier(profiles.identifiers().get(i), mapped.get(i), filled) + " as i" + i);
    }
    int t = 0;
    for (String trait : profiles.traits().keySet()) {
      Column column = traits.get(t);
      Optional<CellType> type = cellType(trait, column, filled);
      select.add(type.map(CellType::encoding).orElse("null::varchar") + " as t" + t);
      checkRange(trait, column, type);
      t++;
    }
    create(select);
  }

  private void createMembers(AudienceModel audience, long dataTimeMicros) throws SQLException {
    Column key = column(audience.key().column());
    List<Column> mapped = new ArrayList<>(List.of(key));
    Optional<Column> since =
        audience.since().isEmpty() ? Optional.empty() : Optional.of(column(audience.since()));
    since.ifPresent(mapped::add);
    Map<String, Long> filled = filled(mapped);
    List<String> select = row(key, filled);
    select.add(dataTimeMicros + "::bigint as s");
    select.add(
        since
                .filter(column -> filled.getOrDefault(column.name(), 0L) > 0)
                .map(column -> "coalesce('t' || " + micros(column, "since") + ", 'b1')")
                .orElse("'b1'")
            + " as t0");
    create(select);
  }

  private void createConsents(ConsentModel consent, long dataTimeMicros) throws SQLException {
    Column key = column(consent.key().column());
    List<Column> mapped = new ArrayList<>();
    for (String name : consent.columns()) {
      if (!name.isEmpty()) {
        mapped.add(column(name));
      }
    }
    Map<String, Long> filled = filled(mapped);
    String identifier = identifier(consent.key(), key, filled);
    var answers = new ConsentAnswers(db, consent, reader.label(), dataTimeMicros);
    for (var answer : consent.answers().entrySet()) {
      String time = answer.getValue().time();
      if (filled.getOrDefault(answer.getValue().granted(), 0L) == 0) {
        answers.addNone(answer.getKey());
        continue;
      }
      answers.add(
          answer.getKey(),
          column(answer.getValue().granted()),
          time.isEmpty() || filled.getOrDefault(time, 0L) == 0
              ? "null::bigint"
              : micros(column(time), "time"));
    }
    if (consent.isRowForEach()) {
      answers.createOfRows(identifier, column(consent.purposeColumn()));
    } else {
      answers.createOfColumns(identifier);
    }
  }

  private Column column(String name) {
    return reader.column(columns, name);
  }

  private List<String> row(Column key, Map<String, Long> filled) {
    return new ArrayList<>(
        List.of(
            SourceReader.ROW + " as n",
            Sql.literal(model.key().namespace()) + " as ns",
            identifier(model.key(), key, filled) + " as k"));
  }

  /** The same where each row says its own namespace. */
  private List<String> row(Column namespace, Column key, Map<String, Long> filled) {
    String ns = "coalesce(trim(" + Sql.name(namespace.name()) + "::varchar), '')";
    return new ArrayList<>(
        List.of(
            SourceReader.ROW + " as n",
            ns + " as ns",
            lowered(ns, identifier(model.key(), key, filled)) + " as k"));
  }

  private void create(List<String> select) throws SQLException {
    db.execute("create table current as select " + String.join(", ", select) + " from staged");
  }

  /**
   * What the columns hold that identify people, and those of times, by column; one without a value
   * is left out.
   */
  Map<String, String> types() {
    return types;
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
      types.put(column.name(), type.get().type().label());
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
    return "coalesce(%s, %d)"
        .formatted(micros(updatedAt.get(), "the row's own time (updated_at)"), dataTimeMicros);
  }

  /**
   * A column of times in microseconds, NULL where it is infinite.
   *
   * @param what messages say that the column is
   */
  private String micros(Column column, String what) {
    if (!column.type().startsWith("TIMESTAMP") && !column.type().equals("DATE")) {
      throw new RefusedException(
          "the column \""
              + column.name()
              + "\" of "
              + reader.label()
              + " is "
              + what
              + " and of type "
              + column.shownType()
              + " (allowed: TIMESTAMP, DATE)");
    }
    types.put(column.name(), ColumnKinds.ofTimes(column));
    String time =
        column.type().equals("TIMESTAMP WITH TIME ZONE")
            ? Sql.name(column.name())
            : Sql.name(column.name()) + "::timestamp";
    return "case when isfinite(%1$s) then epoch_us(%1$s) end".formatted(time);
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
    if (declared == TraitType.TIMESTAMP) {
      types.put(column.name(), ColumnKinds.ofTimes(column));
    }
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
