package dev.attune.standalone.endtoend;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;

/** Files as a warehouse hands them over. */
final class Warehouse {
  private Warehouse() {}

  /** Writes what a query selects as a Parquet file. */
  static void parquet(Path file, String select) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      statement.execute(
          "copy (" + select + ") to '" + file.toAbsolutePath() + "' (format parquet)");
    }
  }
}
