package dev.attune.standalone.cdnow;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/** The CDNOW file, and what plain SQL says about it. */
record Purchases(Path file) {
  /**
   * The file that {@code ATTUNE_CDNOW} leads to; without it the test is skipped, and says so
   * loudly.
   */
  static Purchases find() {
    String home = System.getenv().getOrDefault("ATTUNE_CDNOW", "");
    Path file = Path.of(home).resolve("CDNOW_master.txt").toAbsolutePath();
    boolean there = !home.isEmpty() && Files.exists(file);
    if (!there) {
      System.err.println(
          "*** CDNOW IS ABSENT: set ATTUNE_CDNOW to the directory of CDNOW_master.txt; the audience"
              + " over real purchases is NOT compared with SQL ***");
    }
    assumeTrue(there, "CDNOW is absent: set ATTUNE_CDNOW");
    return new Purchases(file);
  }

  /** A model's source. */
  String source() {
    return """
        source:
          files: %s
          format: csv
          csv: {delimiter: spaces}
          columns: {customer_id: string, date: date, number_of_cds: integer, dollar_value: number}
          date_format: "%%Y%%m%%d"
        """
        .formatted(file);
  }

  /**
   * Runs a query of two columns over the table of {@link #database}.
   *
   * @return the second by the first
   */
  Map<String, String> query(String sql) throws SQLException {
    Map<String, String> rows = new TreeMap<>();
    try (var duckdb = database();
        var statement = duckdb.createStatement();
        var result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.put(result.getString(1), result.getString(2));
      }
    }
    return rows;
  }

  /**
   * A database with the table {@code purchases} (line, customer, day, cds, dollars); reads the file
   * its own way, not the refresher's.
   */
  Connection database() throws SQLException {
    Connection duckdb = DriverManager.getConnection("jdbc:duckdb:");
    try (var statement = duckdb.createStatement()) {
      statement.execute(
          """
          create table purchases as
          select line, w[1] as customer, strptime(w[2], '%%Y%%m%%d')::date as day,
                 w[3]::int as cds, w[4]::double as dollars
          from (select line, regexp_split_to_array(trim(text), ' +') as w
                from (select generate_subscripts(lines, 1) as line, unnest(lines) as text
                      from (select string_split(trim(content, chr(10)), chr(10)) as lines
                            from read_text('%s'))))
          where w[1] <> 'customer_id'
          """
              .formatted(file));
    }
    return duckdb;
  }
}
