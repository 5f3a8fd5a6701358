package dev.attune.refresher.snapshot;

import dev.attune.core.model.ConsentModel;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The answers of a consent model, as the table {@code current} of {@link CurrentTable}.
 *
 * <p>A cell is the letter c, then y, n, u or ! (none of them: a bad row), then @ and the answer's
 * time in microseconds if it has one. The time is part of the cell: somebody who says yes again has
 * said something new, which may be newer than the no of another source.
 */
final class ConsentAnswers {
  private static final String YES = "('yes', 'true', 'granted', '1')";
  private static final String NO = "('no', 'false', 'denied', '0')";

  private final DuckDb db;
  private final ConsentModel model;
  private final String label;
  private final long dataTimeMicros;
  private final List<String> purposes = new ArrayList<>();
  private final List<String> cells = new ArrayList<>();

  /**
   * @param label how messages call the rows' source
   * @param dataTimeMicros stamp of answers that have no time of their own
   */
  ConsentAnswers(DuckDb db, ConsentModel model, String label, long dataTimeMicros) {
    this.db = db;
    this.model = model;
    this.label = label;
    this.dataTimeMicros = dataTimeMicros;
  }

  /**
   * Adds a purpose.
   *
   * @param micros an SQL expression: the answer's time, NULL for none
   */
  void add(String purpose, Column granted, String micros) {
    purposes.add(purpose);
    cells.add("%s || coalesce('@' || (%s), '')".formatted(answer(granted), micros));
  }

  /** Adds a purpose of which nothing is said. */
  void addNone(String purpose) {
    purposes.add(purpose);
    cells.add("null::varchar");
  }

  private String answer(Column column) {
    boolean readable =
        CellType.of(column)
            .map(
                type ->
                    switch (type.type()) {
                      case STRING, BOOLEAN, INTEGER -> true;
                      case NUMBER, TIMESTAMP, DATE, LIST, OBJECT -> false;
                    })
            .orElse(false);
    if (!readable) {
      throw new RefusedException(
          "the column \"%s\" of %s says what is granted and is of type %s (allowed: BOOLEAN, VARCHAR, ENUM, integers)"
              .formatted(column.name(), label, column.shownType()));
    }
    String text = "lower(trim(" + Sql.name(column.name()) + "::varchar))";
    return "case when %1$s is null or %1$s = '' then null when %1$s in %2$s then 'cy' when %1$s in %3$s then 'cn' when %1$s = 'unknown' then 'cu' else 'c!' end"
        .formatted(text, YES, NO);
  }

  /** Of a table with a column for each purpose. */
  void createOfColumns(String key) throws SQLException {
    List<String> select = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      select.add(cells.get(i) + " as t" + i);
    }
    db.execute(
        "create table answers as select %s as n, %s as k, %s from staged"
            .formatted(SourceReader.ROW, key, String.join(", ", select)));
    create();
  }

  /**
   * Of a table with a row for each answer: of a person's answers about a purpose the newest counts,
   * of those of one time the one that allows least.
   */
  void createOfRows(String key, Column purpose) throws SQLException {
    db.execute(
        "create table said as select %s as n, %s as k, trim(%s::varchar) as purpose, %s as cell from staged"
            .formatted(SourceReader.ROW, key, Sql.name(purpose.name()), cells.getFirst()));
    checkRows(purpose);
    List<String> select = new ArrayList<>();
    for (int i = 0; i < purposes.size(); i++) {
      select.add(
          "first(cell order by cell like 'c!%%' desc, %s desc, position(cell[2] in 'yun') desc) filter (where purpose = %s and cell is not null) as t%d"
              .formatted(stamp("cell"), Sql.literal(purposes.get(i)), i));
    }
    db.execute(
        "create table answers as select coalesce(min(n) filter (where cell like 'c!%%'), min(n)) as n, k, %s from said group by k"
            .formatted(String.join(", ", select)));
    db.execute("drop table said");
    create();
  }

  private void checkRows(Column purpose) throws SQLException {
    long[] rows =
        db.numbers(
            "select count(*), count(k), count(*) filter (where purpose is null or not list_contains("
                + Sql.literals(purposes)
                + ", purpose)) from said");
    if (rows[1] < rows[0]) {
      throw new RefusedException(
          "the key column \"%s\" of %s is empty in %d of %d rows (allowed: a key in each)"
              .formatted(model.key().column(), label, rows[0] - rows[1], rows[0]));
    }
    if (rows[2] > 0) {
      throw new RefusedException(
          "the column \"%s\" of %s names a purpose that the model does not have in %d of %d rows (allowed: %s; a query may leave others out)"
              .formatted(purpose.name(), label, rows[2], rows[0], String.join(", ", purposes)));
    }
  }

  private void create() throws SQLException {
    List<String> select = new ArrayList<>();
    for (int i = 0; i < purposes.size(); i++) {
      select.add("t" + i);
      select.add(stamp("t" + i) + " as s" + i);
    }
    db.execute(
        "create table current as select n, %s as ns, k, %d::bigint as s, %s from answers"
            .formatted(
                Sql.literal(model.key().namespace()), dataTimeMicros, String.join(", ", select)));
    db.execute("drop table answers");
  }

  private String stamp(String cell) {
    return stamp(cell, String.valueOf(dataTimeMicros));
  }

  /**
   * When an answer was given, in SQL; NULL where there is none.
   *
   * @param otherwise for one without a time of its own
   */
  static String stamp(String cell, String otherwise) {
    return "case when %1$s is not null then coalesce(try_cast(split_part(%1$s, '@', 2) as bigint), %2$s) end"
        .formatted(cell, otherwise);
  }
}
