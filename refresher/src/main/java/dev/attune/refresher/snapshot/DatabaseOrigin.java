package dev.attune.refresher.snapshot;

import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.refresher.snapshot.Database.Landing;
import dev.attune.refresher.snapshot.Database.RemoteColumn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;

/**
 * Rows of a database: the columns that the model maps, and no others, are streamed into DuckDB, so
 * that memory holds a few hundred of them at a time.
 */
final class DatabaseOrigin implements Origin {
  /** A report costs a lock: too little to notice, at a distance that a person does not see. */
  private static final int REPORT_ROWS = 2_000;

  private final DuckDb db;
  private final Database database;
  private final List<String> table;
  private final String query;
  private final ColumnNames names;
  private final Progress progress;
  private boolean loaded;

  /**
   * @param table its names, outermost first; empty: the query has the rows
   * @param query in the SQL of the database
   */
  DatabaseOrigin(
      DuckDb db,
      Database database,
      List<String> table,
      String query,
      ColumnNames names,
      Progress progress) {
    this.db = db;
    this.database = database;
    this.table = List.copyOf(table);
    this.query = query;
    this.names = names;
    this.progress = progress;
  }

  @Override
  public String label() {
    return (table.isEmpty() ? "the query" : String.join(".", table)) + " of " + database.label();
  }

  @Override
  public void load(Map<String, ColumnType> wanted, long rowsMax) throws SQLException {
    if (loaded) {
      return;
    }
    try (Connection connection = database.open();
        Statement statement = database.statement(connection, rowsMax)) {
      db.remember(statement);
      try {
        List<Landing> landings = landings(connection);
        String select = landings.stream().map(Landing::select).collect(Collectors.joining(", "));
        try (ResultSet rows = statement.executeQuery("select " + select + " from " + from())) {
          copy(rows, landings, rowsMax);
        }
      } finally {
        db.forget(statement);
      }
    } catch (SQLException e) {
      // What is cancelled fails in many ways.
      db.checkNotCancelled();
      if (e.getSQLState() == null
          && database instanceof JdbcDatabase
          && !DuckDb.errorKind(e).equals("unknown")) {
        // It was ours that failed.
        throw e;
      }
      throw database.failed(e);
    }
    loaded = true;
  }

  // Inside parentheses and with an end of line, so that it can be nothing but one SELECT.
  private String from() {
    return table.isEmpty()
        ? "(" + query.strip().replaceFirst("[;\\s]+$", "") + "\n) source"
        : table.stream().map(database::quoted).collect(Collectors.joining("."));
  }

  private List<Landing> landings(Connection connection) throws SQLException {
    List<RemoteColumn> present = describe(connection);
    List<String> presentNames = present.stream().map(RemoteColumn::name).toList();
    List<Landing> landings = new ArrayList<>();
    for (String name : names.mapped()) {
      names.require(name, presentNames, label(), false);
      landings.add(database.land(present.get(presentNames.indexOf(name))));
    }
    return landings;
  }

  private List<RemoteColumn> describe(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      db.remember(statement);
      try {
        return database.describe(statement, from());
      } finally {
        db.forget(statement);
      }
    }
  }

  private void copy(ResultSet rows, List<Landing> landings, long rowsMax) throws SQLException {
    createTable(landings);
    try (DuckDBAppender to = db.appender("raw")) {
      for (long copied = 0; copied < rowsMax && rows.next(); copied++) {
        db.checkNotCancelled();
        if (copied % REPORT_ROWS == 0) {
          progress.rowsRead(copied);
        }
        to.beginRow();
        for (int i = 0; i < landings.size(); i++) {
          landings.get(i).copy().copy(rows, i + 1, to);
        }
        to.endRow();
      }
    }
    String changed =
        landings.stream()
            .filter(landing -> !landing.then().isEmpty())
            .map(landing -> landing.then() + " as " + Sql.name(landing.name()))
            .collect(Collectors.joining(", "));
    SourceReader.see(db, changed.isEmpty() ? "" : "replace (" + changed + ")");
  }

  private void createTable(List<Landing> landings) throws SQLException {
    db.execute(
        landings.stream()
            .map(landing -> Sql.name(landing.name()) + " " + landing.type())
            .collect(Collectors.joining(", ", "create table raw (", ")")));
  }

  @Override
  public long dataTimeMicros() {
    return database.dataTimeMicros();
  }

  @Override
  public String contentDigest(Map<String, ColumnType> wanted) throws SQLException {
    load(wanted, ALL);
    return String.join(
        "-",
        db.texts(
            "select concat_ws('-', count(*), coalesce(sum(hash(source)), 0),"
                + " coalesce(bit_xor(hash(source)), 0)) from source"));
  }

  @Override
  public String query() {
    return "";
  }

  @Override
  public boolean headed() {
    return false;
  }
}
