package dev.attune.refresher.snapshot;

import dev.attune.core.model.JdbcSource;
import dev.attune.core.profile.TraitFit;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/**
 * A database behind a JDBC driver: one transaction that only reads and, where the database can,
 * sees one state; rows come in small portions.
 */
final class JdbcDatabase implements Database {
  private static final int FETCH_ROWS = 500;
  private static final int SECONDS_MAX = 30 * 60;
  private static final int CHECK_SECONDS_MAX = 30;
  private static final int INTEGER_DIGITS_MAX = 18;
  private static final int DECIMAL_DIGITS_MAX = 38;
  private static final int FETCH_MEGABYTES_MAX = 64;

  // Seconds. A portion of rows is as many as fit the buffer.
  private static final Map<String, String> POSTGRES =
      Map.of(
          "ApplicationName", "attune",
          "connectTimeout", "10",
          "loginTimeout", "20",
          "socketTimeout", String.valueOf(SECONDS_MAX),
          "tcpKeepAlive", "true",
          "adaptiveFetch", "true",
          "adaptiveFetchMaximum", String.valueOf(FETCH_ROWS),
          "maxResultBuffer", FETCH_MEGABYTES_MAX + "M");

  private final JdbcSource source;
  private final Drivers drivers;
  private final Credentials credentials;
  private final InstantSource clock;
  private String quote = "\"";
  private long dataTimeMicros;

  JdbcDatabase(JdbcSource source, Drivers drivers, Credentials credentials, InstantSource clock) {
    this.source = source;
    this.drivers = drivers;
    this.credentials = credentials;
    this.clock = clock;
  }

  @Override
  public String label() {
    return source.url().replaceFirst("[?;].*", "");
  }

  @Override
  public Connection open() throws SQLException {
    var properties = new Properties();
    if (source.url().startsWith("jdbc:postgresql:")) {
      properties.putAll(POSTGRES);
    }
    source
        .properties()
        .forEach((name, value) -> properties.put(name, credentials.text(value, name, label())));
    source
        .user()
        .ifPresent(user -> properties.put("user", credentials.text(user, "user", label())));
    source
        .password()
        .ifPresent(
            secret -> properties.put("password", credentials.text(secret, "password", label())));
    // Before the first statement: what is younger than that is not in the rows.
    dataTimeMicros = TraitFit.micros(clock.instant());
    Connection connection = drivers.of(source.url()).connect(source.url(), properties);
    if (connection == null) {
      throw new SQLException("the driver does not take the address", "08001");
    }
    try {
      DatabaseMetaData about = connection.getMetaData();
      String said = about.getIdentifierQuoteString();
      quote = said == null || said.isBlank() ? "" : said;
      if (about.supportsTransactions()) {
        connection.setReadOnly(true);
        if (about.supportsTransactionIsolationLevel(Connection.TRANSACTION_REPEATABLE_READ)) {
          connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        }
        connection.setAutoCommit(false);
      }
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Statement statement(Connection connection, long rowsMax) throws SQLException {
    Statement statement =
        connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY);
    statement.setFetchSize(FETCH_ROWS);
    if (rowsMax == Origin.ALL) {
      statement.setQueryTimeout(SECONDS_MAX);
    } else {
      statement.setMaxRows((int) Math.min(rowsMax, Integer.MAX_VALUE));
      statement.setQueryTimeout(CHECK_SECONDS_MAX);
    }
    return statement;
  }

  @Override
  public List<RemoteColumn> describe(Statement statement, String from) throws SQLException {
    List<RemoteColumn> columns = new ArrayList<>();
    statement.setQueryTimeout(CHECK_SECONDS_MAX);
    try (ResultSet none = statement.executeQuery("select * from " + from + " where 1 = 0")) {
      ResultSetMetaData about = none.getMetaData();
      for (int i = 1; i <= about.getColumnCount(); i++) {
        columns.add(
            new RemoteColumn(
                about.getColumnLabel(i),
                about.getColumnTypeName(i),
                about.getColumnType(i),
                about.getPrecision(i),
                about.getScale(i)));
      }
    }
    return columns;
  }

  @Override
  public Landing land(RemoteColumn column) {
    String type = column.type().toLowerCase(Locale.ROOT);
    switch (type) {
      case "json", "jsonb", "variant", "object", "super" -> {
        return landing(column, "VARCHAR", Sql.name(column.name()) + "::json", CellCopy.TEXT);
      }
      case "uuid", "citext" -> {
        return landing(column, "VARCHAR", "", CellCopy.TEXT);
      }
      case "timestamptz", "timestamp with time zone", "timestampltz", "timestamptz_ltz" -> {
        return landing(column, "TIMESTAMP WITH TIME ZONE", "", CellCopy.ZONED);
      }
      default -> {
        // As its class says.
      }
    }
    return switch (column.jdbcType()) {
      case Types.BOOLEAN -> landing(column, "BOOLEAN", "", CellCopy.BOOLEAN);
      case Types.BIT -> {
        if (!type.startsWith("bool")) {
          throw unsupported(column);
        }
        yield landing(column, "BOOLEAN", "", CellCopy.BOOLEAN);
      }
      case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT ->
          landing(column, "BIGINT", "", CellCopy.INTEGER);
      case Types.REAL, Types.FLOAT, Types.DOUBLE -> landing(column, "DOUBLE", "", CellCopy.NUMBER);
      case Types.NUMERIC, Types.DECIMAL -> decimal(column);
      case Types.CHAR,
          Types.VARCHAR,
          Types.LONGVARCHAR,
          Types.NCHAR,
          Types.NVARCHAR,
          Types.LONGNVARCHAR,
          Types.CLOB,
          Types.NCLOB ->
          landing(column, "VARCHAR", "", CellCopy.TEXT);
      case Types.DATE -> landing(column, "DATE", "", CellCopy.DATE);
      case Types.TIMESTAMP -> landing(column, "TIMESTAMP", "", CellCopy.TIMESTAMP);
      case Types.TIMESTAMP_WITH_TIMEZONE ->
          landing(column, "TIMESTAMP WITH TIME ZONE", "", CellCopy.ZONED);
      case Types.ARRAY ->
          landing(column, "VARCHAR", Sql.name(column.name()) + "::json::json[]", CellCopy.ARRAY);
      default -> throw unsupported(column);
    };
  }

  // Without a precision it may hold anything; a number of ours is a double in any case.
  private Landing decimal(RemoteColumn column) {
    if (column.scale() != 0 || column.precision() <= 0) {
      return landing(column, "DOUBLE", "", CellCopy.NUMBER);
    }
    if (column.precision() <= INTEGER_DIGITS_MAX) {
      return landing(column, "BIGINT", "", CellCopy.INTEGER);
    }
    return column.precision() <= DECIMAL_DIGITS_MAX
        ? landing(
            column, "VARCHAR", "cast(" + Sql.name(column.name()) + " as hugeint)", CellCopy.DECIMAL)
        : landing(column, "DOUBLE", "", CellCopy.NUMBER);
  }

  private Landing landing(RemoteColumn column, String type, String then, CellCopy copy) {
    return new Landing(column.name(), quoted(column.name()), type, then, copy);
  }

  private RefusedException unsupported(RemoteColumn column) {
    return new RefusedException(
        "the column \"%s\" of %s is of the unsupported type %s (allowed: booleans, integers, numbers, texts,"
                .formatted(
                    column.name(),
                    label(),
                    column.type().matches("[A-Za-z0-9_ ]{1,60}") ? column.type() : "it has")
            + " uuid, dates, timestamps, arrays, json; cast it in a \"query\")");
  }

  @Override
  public String quoted(String name) {
    return quote + (quote.isEmpty() ? name : name.replace(quote, quote + quote)) + quote;
  }

  @Override
  public RuntimeException failed(SQLException e) {
    if (String.valueOf(e.getMessage()).contains("maxResultBuffer")) {
      return new RefusedException(
          "a row of %s is too large (allowed: %d MB)".formatted(label(), FETCH_MEGABYTES_MAX));
    }
    String state = state(e);
    return switch (state.length() < 5 ? "" : state.substring(0, 2)) {
      case "28" ->
          new RefusedException(
              label() + " does not let in the user with this password, or not from here");
      case "3D" -> new RefusedException("there is no such database: " + label());
      case "42", "3F" -> refused(state);
      case "22" -> new RefusedException("the query of " + label() + " failed on a row" + of(state));
      case "25" ->
          new RefusedException("the query of " + label() + " writes (allowed: what only reads)");
      case "08", "53" ->
          new IllegalStateException(label() + " cannot be reached, or broke off" + of(state));
      case "57" ->
          state.equals("57014")
              ? new IllegalStateException(
                  label()
                      + " took too long (allowed: "
                      + SECONDS_MAX / 60
                      + " minutes)"
                      + of(state))
              : new IllegalStateException(label() + " is shutting down or starting" + of(state));
      case "40" ->
          new IllegalStateException(
              label() + " ended the transaction because of others" + of(state));
      default -> new IllegalStateException(label() + " failed" + of(state));
    };
  }

  private RefusedException refused(String state) {
    String what = source.table().isEmpty() ? "the query" : String.join(".", source.table());
    return new RefusedException(
        switch (state) {
          case "42501" ->
              "the user may not read "
                  + what
                  + " of "
                  + label()
                  + " (needed: usage of its schema, select on its tables)";
          case "42P01", "42S02", "3F000", "42S04" ->
              source.table().isEmpty()
                  ? "the query names a table that " + label() + " does not have"
                  : "there is no table " + what + " in " + label();
          case "42703", "42S22" ->
              "the query names a column that the tables of " + label() + " do not have";
          default -> label() + " does not understand " + what + of(state);
        });
  }

  private static String of(String state) {
    return state.matches("[0-9A-Z]{5}") ? " (SQLSTATE " + state + ")" : "";
  }

  private static String state(SQLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }

  @Override
  public long dataTimeMicros() {
    return dataTimeMicros;
  }
}
