package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Brings a model's rows into {@code staged}: first what its origin has as it is, and then, once
 * files are out of reach, the analyst's query.
 */
final class SourceReader {
  /** The column of {@code staged} with the row's number, from 1. */
  static final String ROW = "\"~n\"";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final DuckDb db;
  private final Origin origin;
  private final ColumnNames names;
  private final Map<String, ColumnType> wanted;

  /**
   * @param wanted as of {@link Origin#load}
   */
  SourceReader(DuckDb db, Origin origin, ColumnNames names, Map<String, ColumnType> wanted) {
    this.db = db;
    this.origin = origin;
    this.names = names;
    this.wanted = Map.copyOf(wanted);
  }

  /** Reads all rows; again, it does nothing. */
  void load() throws SQLException {
    load(Origin.ALL);
  }

  /** Reads the first rows, to look at. */
  void load(long rowsMax) throws SQLException {
    origin.load(wanted, rowsMax);
  }

  /** As of when the rows are, in microseconds; once they are loaded. */
  long dataTimeMicros() {
    return origin.dataTimeMicros();
  }

  /** A digest of all rows; see {@link Origin#contentDigest}. */
  String contentDigest() throws SQLException {
    return origin.contentDigest(wanted);
  }

  /** Whether an analyst's query makes the rows. */
  boolean isQueried() {
    return !origin.query().isEmpty();
  }

  /** How messages call where the rows are. */
  String originLabel() {
    return origin.label();
  }

  /**
   * Shows the rows of the table {@code raw}, of which none is ever deleted, as the view {@code
   * numbered}, and without their numbers as {@code source}, which queries may name.
   *
   * @param changes the clause {@code replace (...)} for columns that are not as they are in {@code
   *     raw}; empty: there is none
   */
  static void see(DuckDb db, String changes) throws SQLException {
    db.execute(
        "create view numbered as select rowid + 1 as " + ROW + ", * " + changes + " from raw");
    db.execute("create view source as select * exclude (" + ROW + ") from numbered");
  }

  /** Makes {@code staged}; files must be out of reach by now. Answers its columns. */
  List<Column> stage() throws SQLException {
    if (!isQueried()) {
      db.execute("drop view source");
      // The rows stay where they are: to copy them would cost as much as to read them.
      db.execute("alter view numbered rename to staged");
    } else {
      query();
    }
    List<Column> columns = new ArrayList<>(db.describe("staged"));
    columns.removeFirst();
    return columns;
  }

  private void query() throws SQLException {
    String rows = "(" + plainQuery() + ")";
    try {
      db.execute(
          "create table staged as select row_number() over () as " + ROW + ", * from " + rows);
    } catch (SQLException e) {
      throw queryFailed(e);
    }
    db.execute("drop view source");
    db.execute("drop view numbered");
    db.execute("drop table raw");
  }

  // As the parser understands it: one SELECT, without comments and without a semicolon.
  private String plainQuery() throws SQLException {
    String parsed =
        db.texts("select json_serialize_sql(" + Sql.literal(origin.query()) + ")").getFirst();
    try {
      JsonNode node = JSON.readTree(parsed);
      if (node.path("error").asBoolean()) {
        throw new RefusedException(
            "the query is not one SELECT statement: "
                + node.path("error_message").asText().lines().findFirst().orElse(""));
      }
      if (node.path("statements").size() != 1) {
        throw new RefusedException("the query is not one SELECT statement: there are several");
      }
    } catch (JsonProcessingException e) {
      throw new SQLException("json_serialize_sql answered no JSON", e);
    }
    return db.texts("select json_deserialize_sql(" + Sql.literal(parsed) + ")").getFirst();
  }

  private static RuntimeException queryFailed(SQLException e) throws SQLException {
    return switch (DuckDb.errorKind(e)) {
      case "Parser", "Binder", "Catalog" ->
          new RefusedException("the query cannot be run: " + DuckDb.errorLine(e));
      case "Permission" ->
          new RefusedException(
              "the query reads files or settings (allowed: only the table \"source\")");
      case "Out of Memory", "INTERRUPT", "Interrupt" -> throw e;
      default ->
          new RefusedException(
              "the query failed on a row ("
                  + DuckDb.errorKind(e).toLowerCase(Locale.ROOT)
                  + " error)");
    };
  }

  /** How messages call the rows' source. */
  String label() {
    return origin.query().isEmpty() ? origin.label() : "the query's result";
  }

  /** The column with this very name. */
  Column column(List<Column> columns, String name) {
    names.require(name, columns.stream().map(Column::name).toList(), label(), origin.headed());
    return columns.stream().filter(column -> column.name().equals(name)).findFirst().orElseThrow();
  }
}
