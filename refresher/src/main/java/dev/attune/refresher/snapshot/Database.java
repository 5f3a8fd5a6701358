package dev.attune.refresher.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** A database that the rows of a model are in. */
sealed interface Database permits JdbcDatabase, DuckDbFile {
  /**
   * A column as its database describes it.
   *
   * @param type its name in that database
   * @param jdbcType of {@link java.sql.Types}
   * @param precision 0: unknown
   */
  record RemoteColumn(String name, String type, int jdbcType, int precision, int scale) {}

  /**
   * A column on its way into DuckDB.
   *
   * @param select its expression in its database
   * @param type it has on arrival
   * @param then an expression over the column as it arrived; empty: it stays as it is
   */
  record Landing(String name, String select, String type, String then, CellCopy copy) {}

  /** How messages call it: never with a user or a secret. */
  String label();

  /** Opens a connection that only reads, in one transaction that sees one state. */
  Connection open() throws SQLException;

  /**
   * A statement whose result is streamed.
   *
   * @param rowsMax the first so many are enough; {@link Origin#ALL} unless for a check
   */
  Statement statement(Connection connection, long rowsMax) throws SQLException;

  /**
   * The columns of a FROM item.
   *
   * @param statement of {@link #open}'s connection, for nothing else
   */
  List<RemoteColumn> describe(Statement statement, String from) throws SQLException;

  /**
   * How a column is brought.
   *
   * @throws RefusedException when no trait can hold its values
   */
  Landing land(RemoteColumn column);

  /** Quotes a name. */
  String quoted(String name);

  /**
   * What went wrong, without the database's own words: they may hold people's data.
   *
   * @return a {@link RefusedException} when it will not be better next time
   */
  RuntimeException failed(SQLException e);

  /** As of when the rows are, in microseconds. */
  long dataTimeMicros();
}
