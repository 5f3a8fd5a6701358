package dev.attune.refresher.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBPreparedStatement;

/**
 * A database of one run: in a file, spilling to a directory of its own, without extensions. Tables
 * in memory would keep what a statement writes until it ends, wide rows of a few hundred thousand
 * people more than there is.
 *
 * <p>It starts with access to files, because it has to read them; {@link #lock} takes that away for
 * good, before an analyst's query runs.
 */
final class DuckDb implements AutoCloseable {
  /** A column as DuckDB describes it. */
  record Column(String name, String type) {
    /** The type without what it is made of: keys and members may be somebody's data. */
    String shownType() {
      int parenthesis = type.indexOf('(');
      return parenthesis < 0 || type.startsWith("DECIMAL") ? type : type.substring(0, parenthesis);
    }
  }

  /** Takes one row. */
  interface RowConsumer {
    void accept(ResultSet row) throws SQLException;
  }

  private static final Pattern ERROR =
      Pattern.compile("(?m)^(?:Error: )?([A-Z][A-Za-z ]{2,40}) Error: (.*)$");

  private static final Duration CANCEL_AGAIN = Duration.ofMillis(200);

  private final Path temporary;
  private final int memoryMegabytes;
  private final DuckDBConnection connection;
  private final Set<Statement> running = ConcurrentHashMap.newKeySet();
  private volatile boolean cancelled;

  private DuckDb(Path temporary, int memoryMegabytes, DuckDBConnection connection) {
    this.temporary = temporary;
    this.memoryMegabytes = memoryMegabytes;
    this.connection = connection;
  }

  /**
   * @param temporary is emptied, for a killed run may have left files in it, and deleted when the
   *     database is closed
   */
  static DuckDb open(RefreshSettings settings, Path temporary) throws SQLException {
    delete(temporary);
    try {
      Files.createDirectories(temporary);
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory cannot be written", e);
    }
    var properties = new Properties();
    properties.put("memory_limit", settings.memoryMegabytes() + "MB");
    properties.put("threads", String.valueOf(settings.threads()));
    properties.put("temp_directory", temporary.toString());
    properties.put("autoinstall_known_extensions", "false");
    properties.put("autoload_known_extensions", "false");
    properties.put("allow_community_extensions", "false");
    // Rows are streamed: a result of millions of rows must not stand in memory.
    properties.put("jdbc_stream_results", "true");
    Connection connection =
        DriverManager.getConnection("jdbc:duckdb:" + temporary.resolve("run.duckdb"), properties);
    var db =
        new DuckDb(
            temporary, settings.memoryMegabytes(), connection.unwrap(DuckDBConnection.class));
    db.execute("set global TimeZone = 'UTC'");
    // Only so does it count how far a statement is.
    db.execute("set enable_progress_bar = true");
    db.execute("set enable_progress_bar_print = false");
    return db;
  }

  /** What it may hold in memory; beyond it, it spills to disk. */
  int memoryMegabytes() {
    return memoryMegabytes;
  }

  /** Where it spills to; for what must be gone with it. */
  Path temporary() {
    return temporary;
  }

  /** Adds rows to a table; to be closed. */
  DuckDBAppender appender(String table) throws SQLException {
    checkNotCancelled();
    return connection.createAppender(DuckDBConnection.DEFAULT_SCHEMA, table);
  }

  /** Cancels a statement, of another database too, until {@link #forget}. */
  void remember(Statement statement) throws SQLException {
    running.add(statement);
    // In this order: whoever cancels after the look finds the statement.
    try {
      checkNotCancelled();
    } catch (SQLException e) {
      running.remove(statement);
      throw e;
    }
  }

  /** Ends {@link #remember}. */
  void forget(Statement statement) {
    running.remove(statement);
  }

  /** Ends access to files for good, but for one to be written, and some that are read. */
  void lock(Path writable, List<Path> readable) throws SQLException {
    List<String> allowed =
        Stream.concat(Stream.of(writable), readable.stream()).map(Path::toString).toList();
    execute("set allowed_paths = " + Sql.literals(allowed));
    execute("set enable_external_access = false");
    execute("set lock_configuration = true");
  }

  void execute(String sql) throws SQLException {
    checkNotCancelled();
    try (Statement statement = connection.createStatement()) {
      remember(statement);
      try {
        statement.execute(sql);
      } finally {
        forget(statement);
      }
    }
  }

  /**
   * The same for one that takes its time.
   *
   * @param share is told from another thread how much is done, of 1
   */
  void execute(String sql, DoubleConsumer share) throws SQLException {
    checkNotCancelled();
    try (Statement statement = connection.createStatement()) {
      remember(statement);
      try (var _ = new QueryWatch(statement.unwrap(DuckDBPreparedStatement.class), share)) {
        statement.execute(sql);
      } finally {
        forget(statement);
      }
    }
  }

  /** Streams a result; other statements may run meanwhile. */
  void forEach(String sql, RowConsumer consumer) throws SQLException {
    checkNotCancelled();
    try (Connection own = connection.duplicate();
        Statement statement = own.createStatement()) {
      remember(statement);
      try (ResultSet rows = statement.executeQuery(sql)) {
        while (rows.next()) {
          consumer.accept(rows);
        }
      } finally {
        forget(statement);
      }
    }
  }

  /** The numbers of a result of one row. */
  long[] numbers(String sql) throws SQLException {
    List<long[]> rows = new ArrayList<>();
    forEach(
        sql,
        row -> {
          long[] numbers = new long[row.getMetaData().getColumnCount()];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = row.getLong(i + 1);
          }
          rows.add(numbers);
        });
    return rows.getFirst();
  }

  /** The texts of a result of one column. */
  List<String> texts(String sql) throws SQLException {
    List<String> texts = new ArrayList<>();
    forEach(sql, row -> texts.add(row.getString(1)));
    return texts;
  }

  /** What a query's result looks like. */
  List<Column> describe(String query) throws SQLException {
    List<Column> columns = new ArrayList<>();
    forEach(
        "describe " + query, row -> columns.add(new Column(row.getString(1), row.getString(2))));
    return columns;
  }

  /** Ends work that is not a statement of this database. */
  void checkNotCancelled() throws SQLException {
    if (cancelled) {
      throw new SQLException("INTERRUPT Error: cancelled");
    }
  }

  /** Ends what runs and whatever would run next, from another thread. */
  void cancel() {
    cancelled = true;
    cancelRunning();
  }

  // Again and again: one that is remembered and about to begin does not hear it.
  private void cancelRunning() {
    for (Statement statement : running) {
      try {
        statement.cancel();
      } catch (SQLException e) {
        // It has ended by itself.
      }
    }
    if (!running.isEmpty()) {
      CompletableFuture.delayedExecutor(CANCEL_AGAIN.toMillis(), TimeUnit.MILLISECONDS)
          .execute(this::cancelRunning);
    }
  }

  /** The kind of an error, e.g. {@code Binder}; the rest of its message may hold people's data. */
  static String errorKind(SQLException e) {
    Matcher matcher = ERROR.matcher(String.valueOf(e.getMessage()));
    String kind = "unknown";
    while (matcher.find()) {
      kind = matcher.group(1);
    }
    return kind;
  }

  /** Whether the disk has no space left for what was to be written. */
  static boolean isDiskFull(SQLException e) {
    return String.valueOf(e.getMessage()).contains("No space left on device");
  }

  /**
   * The first line of an error's own message; only for kinds that speak of names, not of values.
   */
  static String errorLine(SQLException e) {
    Matcher matcher = ERROR.matcher(String.valueOf(e.getMessage()));
    String line = "";
    while (matcher.find()) {
      line = matcher.group(2);
    }
    return line;
  }

  @Override
  public void close() throws SQLException {
    try {
      connection.close();
    } finally {
      delete(temporary);
    }
  }

  /** Deletes a folder with all that is in it, if it is there. */
  static void delete(Path temporary) {
    if (!Files.exists(temporary)) {
      return;
    }
    try (var paths = Files.walk(temporary)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("temporary files of a run cannot be deleted", e);
    }
  }
}
