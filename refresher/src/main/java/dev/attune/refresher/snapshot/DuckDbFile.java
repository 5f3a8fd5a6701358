package dev.attune.refresher.snapshot;

import dev.attune.core.profile.TraitFit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * A DuckDB database file, opened to be read alone, in a database of its own that reaches no other
 * file: the analyst's query runs there.
 */
final class DuckDbFile implements Database {
  private final Path file;
  private final DuckDb run;
  private final int threads;
  private long dataTimeMicros;

  /**
   * @param run the database that the rows go to: this one may use as much memory, and spills into
   *     its directory
   */
  DuckDbFile(Path file, DuckDb run, int threads) {
    this.file = file;
    this.run = run;
    this.threads = threads;
  }

  @Override
  public String label() {
    return String.valueOf(file.getFileName());
  }

  @Override
  public Connection open() throws SQLException {
    if (!Files.isRegularFile(file)) {
      throw new RefusedException("there is no file " + file);
    }
    // Whoever writes it holds a lock, so that it stays what it is now.
    dataTimeMicros = TraitFit.micros(SourceFiles.SourceFile.of(file).modified());
    var properties = new Properties();
    properties.put("access_mode", "READ_ONLY");
    properties.put("memory_limit", run.memoryMegabytes() + "MB");
    properties.put("threads", String.valueOf(threads));
    properties.put("temp_directory", run.temporary().resolve("source").toString());
    properties.put("autoinstall_known_extensions", "false");
    properties.put("autoload_known_extensions", "false");
    properties.put("allow_community_extensions", "false");
    properties.put("jdbc_stream_results", "true");
    Connection connection;
    try {
      connection = DriverManager.getConnection("jdbc:duckdb:" + file, properties);
    } catch (SQLException e) {
      throw notOpened(e);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("set TimeZone = 'UTC'");
      statement.execute("set enable_external_access = false");
      statement.execute("set lock_configuration = true");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Statement statement(Connection connection, long rowsMax) throws SQLException {
    return connection.createStatement();
  }

  @Override
  public List<RemoteColumn> describe(Statement statement, String from) throws SQLException {
    List<RemoteColumn> columns = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery("describe select * from " + from)) {
      while (rows.next()) {
        columns.add(new RemoteColumn(rows.getString(1), rows.getString(2), Types.OTHER, 0, 0));
      }
    }
    return columns;
  }

  @Override
  public Landing land(RemoteColumn column) {
    String name = quoted(column.name());
    String type = column.type().toUpperCase(Locale.ROOT);
    if (type.endsWith("]")) {
      return landing(
          column,
          "to_json(" + name + ")::varchar",
          "VARCHAR",
          name + "::json::json[]",
          CellCopy.TEXT);
    }
    int parenthesis = type.indexOf('(');
    return switch (parenthesis < 0 ? type : type.substring(0, parenthesis)) {
      case "BOOLEAN" -> landing(column, name, type, "", CellCopy.BOOLEAN);
      case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" ->
          landing(column, name + "::bigint", "BIGINT", "", CellCopy.INTEGER);
      case "UBIGINT", "HUGEINT", "UHUGEINT" -> wide(column, name);
      case "DECIMAL" -> type.endsWith(",0)") ? wide(column, name) : number(column, name);
      case "FLOAT", "DOUBLE" -> number(column, name);
      case "VARCHAR", "ENUM", "UUID" ->
          landing(column, name + "::varchar", "VARCHAR", "", CellCopy.TEXT);
      case "DATE" ->
          landing(
              column,
              finite(name, name + " - date '1970-01-01'", Integer.MAX_VALUE, "date"),
              "DATE",
              "",
              CellCopy.EPOCH_DAYS);
      case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" ->
          time(column, name + "::timestamp", "TIMESTAMP");
      case "TIMESTAMP WITH TIME ZONE" -> time(column, name, "TIMESTAMP WITH TIME ZONE");
      case "STRUCT", "MAP" ->
          landing(
              column, "to_json(" + name + ")::varchar", "VARCHAR", name + "::json", CellCopy.TEXT);
      case "JSON" -> landing(column, name + "::varchar", "VARCHAR", name + "::json", CellCopy.TEXT);
      default ->
          throw new RefusedException(
              "the column \"%s\" of %s is of the unsupported type %s (allowed: %s)"
                  .formatted(
                      column.name(),
                      label(),
                      new DuckDb.Column("", type).shownType(),
                      CellType.ALLOWED));
    };
  }

  // A text on the way: such a number may have more digits than any type of Java's database
  // interface.
  private static Landing wide(RemoteColumn column, String name) {
    return landing(
        column, name + "::varchar", "VARCHAR", "cast(" + name + " as hugeint)", CellCopy.TEXT);
  }

  private static Landing number(RemoteColumn column, String name) {
    return landing(column, name + "::double", "DOUBLE", "", CellCopy.NUMBER);
  }

  private static Landing time(RemoteColumn column, String expression, String type) {
    return landing(
        column,
        finite(expression, "epoch_us(" + expression + ")", Long.MAX_VALUE, "timestamp"),
        type,
        "",
        CellCopy.EPOCH_MICROS);
  }

  // Infinite ones are told as DuckDB keeps them.
  private static String finite(String time, String count, long infinity, String type) {
    return "case when isfinite(%1$s) then %2$s when %1$s > %4$s '1970-01-01' then %3$d when %1$s is not null then -%3$d end"
        .formatted(time, count, infinity, type);
  }

  private static Landing landing(
      RemoteColumn column, String select, String type, String then, CellCopy copy) {
    return new Landing(column.name(), select, type, then, copy);
  }

  @Override
  public String quoted(String name) {
    return Sql.name(name);
  }

  private RuntimeException notOpened(SQLException e) {
    return String.valueOf(e.getMessage()).contains("Could not set lock")
        ? new IllegalStateException(
            label() + " is being written by another process (allowed: once that has ended)")
        : new RefusedException(
            label() + " is not a whole DuckDB database of a version that is known here");
  }

  @Override
  public RuntimeException failed(SQLException e) {
    String kind = DuckDb.errorKind(e);
    return switch (kind) {
      case "Catalog", "Binder", "Parser" ->
          new RefusedException(
              "the query of " + label() + " cannot be run: " + DuckDb.errorLine(e));
      case "Permission" ->
          new RefusedException(
              "the query of " + label() + " reads other files or settings (allowed: its tables)");
      case "Out of Memory" ->
          new RefusedException(
              "the query of %s takes more memory than a run may use (allowed: %d MB)"
                  .formatted(label(), run.memoryMegabytes()));
      default ->
          new RefusedException(
              "the query of "
                  + label()
                  + " failed on a row ("
                  + kind.toLowerCase(Locale.ROOT)
                  + " error)");
    };
  }

  @Override
  public long dataTimeMicros() {
    return dataTimeMicros;
  }
}
