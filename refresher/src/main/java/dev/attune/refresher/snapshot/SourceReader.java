package dev.attune.refresher.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.attune.core.definition.Nearest;
import dev.attune.core.model.ModelSource;
import dev.attune.core.model.ModelSource.ColumnType;
import dev.attune.core.model.ModelSource.Csv;
import dev.attune.refresher.snapshot.DuckDb.Column;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Brings a model's rows into the table {@code staged}: first the files as they are, and then, once
 * files are out of reach, the analyst's query.
 *
 * <p>What DuckDB says of a broken file may quote it, so that messages here are made of file names,
 * column names, types, line numbers and counts alone.
 */
final class SourceReader {
  /** The column of {@code staged} with the row's number, from 1. */
  static final String ROW = "\"~n\"";

  private static final int HEADER_LENGTH_MAX = 1 << 16;
  private static final int NAMES_SHOWN_MAX = 50;
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_ -]{0,63}");
  private static final Pattern LIKE_A_VALUE = Pattern.compile("[0-9+-].*|.*@.*", Pattern.DOTALL);
  private static final Pattern LINE = Pattern.compile("\\bLine: (\\d+)");
  private static final Pattern RECORD = Pattern.compile("\\brecord/value (\\d+)");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DuckDb db;
  private final ModelSource source;
  private final SourceFiles files;
  private final Set<String> mentioned = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

  /**
   * @param mapped the columns that the model names outside its source; an empty name is none
   */
  SourceReader(DuckDb db, ModelSource source, SourceFiles files, Collection<String> mapped) {
    this.db = db;
    this.source = source;
    this.files = files;
    mentioned.addAll(mapped);
    mentioned.addAll(source.columns().keySet());
    mentioned.remove("");
  }

  /**
   * Reads the files.
   *
   * @param wanted where the format leaves types to be guessed, and if they exist: STRING columns
   *     are read as text, TIMESTAMP ones that were taken for text are converted
   */
  void load(Map<String, ColumnType> wanted) throws SQLException {
    List<String> textColumns =
        wanted.keySet().stream().filter(c -> wanted.get(c) == ColumnType.STRING).sorted().toList();
    try {
      switch (source.format()) {
        case PARQUET ->
            db.execute(
                "create table raw as select * from read_parquet("
                    + files.sqlList()
                    + ", hive_partitioning = false)");
        case CSV -> {
          if (source.csv().spaces()) {
            loadSpaces();
          } else {
            loadCsv(textColumns);
          }
        }
        case JSON -> loadJson(textColumns);
      }
    } catch (SQLException e) {
      throw unreadable(e);
    }
    files.checkUnchanged();
    db.execute("create view source as select * " + conversions(wanted) + " from raw");
  }

  private RefusedException unreadable(SQLException e) throws SQLException {
    String kind = DuckDb.errorKind(e);
    if (kind.equals("Out of Memory") || kind.equals("INTERRUPT") || kind.equals("Interrupt")) {
      throw e;
    }
    String message = String.valueOf(e.getMessage());
    Matcher line = LINE.matcher(message);
    Matcher record = RECORD.matcher(message);
    String where =
        line.find()
            ? ", at line " + line.group(1)
            : record.find() ? ", at record " + record.group(1) : "";
    return new RefusedException(
        files.label()
            + " cannot be read as "
            + source.format().name().toLowerCase(Locale.ROOT)
            + where
            + " ("
            + kind.toLowerCase(Locale.ROOT)
            + " error): it is damaged, or its rows do not have one form");
  }

  private void loadCsv(Collection<String> textColumns) throws SQLException {
    Csv csv = source.csv();
    String options = ", sample_size = -1, hive_partitioning = false, header = " + csv.header();
    if (!csv.delimiter().isEmpty()) {
      options += ", delim = " + Sql.literal(csv.delimiter());
    }
    if (!csv.header()) {
      options += ", names = " + Sql.literals(source.columns().keySet());
    }
    String read = "select * from read_csv(" + files.sqlList() + options;
    List<String> present = names(db.describe(read + ")"));
    String types =
        asText(present, textColumns).stream()
            .map(name -> Sql.literal(name) + ": 'VARCHAR'")
            .collect(Collectors.joining(", ", "{", "}"));
    String typed = types.equals("{}") ? "" : ", types = " + types;
    db.execute("create table raw as " + read + typed + ")");
  }

  private void loadJson(Collection<String> textColumns) throws SQLException {
    String read =
        "select * from read_json("
            + files.sqlList()
            + ", sample_size = -1, maximum_depth = 20, hive_partitioning = false";
    List<Column> found = db.describe(read + ")");
    Set<String> text = asText(names(found), textColumns);
    String columns =
        found.stream()
            .map(
                column ->
                    Sql.literal(column.name())
                        + ": "
                        + Sql.literal(text.contains(column.name()) ? "VARCHAR" : column.type()))
            .collect(Collectors.joining(", ", "{", "}"));
    db.execute("create table raw as " + read + ", columns = " + columns + ")");
  }

  private Set<String> asText(List<String> present, Collection<String> textColumns) {
    Set<String> text = new LinkedHashSet<>();
    for (String name : source.columns().keySet()) {
      requireColumn(name, present, files.label());
      text.add(name);
    }
    for (String name : textColumns) {
      if (present.contains(name)) {
        text.add(name);
      }
    }
    return text;
  }

  // Not a form of CSV that a CSV reader knows: each line is read whole and cut here.
  private void loadSpaces() throws SQLException {
    Csv csv = source.csv();
    List<String> names =
        csv.header()
            ? header(files.files().getFirst().path())
            : List.copyOf(source.columns().keySet());
    for (String name : source.columns().keySet()) {
      requireColumn(name, names, files.label());
    }
    db.execute(
        "create table lines as select string_split_regex(trim(line, ' \t\r'), '[ \t]+') as f"
            + " from read_csv("
            + files.sqlList()
            + ", delim = '\1', quote = '', escape = '', header = false, skip = "
            + (csv.header() ? 1 : 0)
            + ", columns = {'line': 'VARCHAR'}, auto_detect = false, hive_partitioning = false)"
            + " where trim(line, ' \t\r') <> ''");
    long others = db.numbers("select count(*) from lines where len(f) <> " + names.size())[0];
    if (others > 0) {
      throw new RefusedException(
          files.label()
              + ": "
              + others
              + " lines do not have the "
              + names.size()
              + " columns of the header");
    }
    List<String> cut = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      cut.add("f[" + (i + 1) + "] as " + Sql.name(names.get(i)));
    }
    db.execute("create table raw as select " + String.join(", ", cut) + " from lines");
    db.execute("drop table lines");
  }

  private static List<String> header(Path path) {
    try (BufferedReader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8)) {
      char[] start = new char[HEADER_LENGTH_MAX];
      int length = Math.max(0, reader.read(start));
      String line = new String(start, 0, length).lines().findFirst().orElse("").strip();
      return line.isEmpty() ? List.of() : List.of(line.split("[ \t]+"));
    } catch (IOException e) {
      throw new RefusedException(path.getFileName() + " has no header line of UTF-8 text");
    }
  }

  /** A column and the expression that makes it what it is to be. */
  private record Conversion(String column, ColumnType type, String expression) {}

  private String conversions(Map<String, ColumnType> wanted) throws SQLException {
    List<Conversion> conversions = new ArrayList<>();
    source
        .columns()
        .forEach(
            (name, type) -> {
              if (type != ColumnType.STRING) {
                conversions.add(new Conversion(name, type, conversion(Sql.name(name), type)));
              }
            });
    if (source.format() != ModelSource.Format.PARQUET) {
      for (Column column : db.describe("raw")) {
        if (wanted.get(column.name()) == ColumnType.TIMESTAMP
            && column.type().equals("VARCHAR")
            && !source.columns().containsKey(column.name())) {
          String expression = conversion(Sql.name(column.name()), ColumnType.TIMESTAMP);
          conversions.add(new Conversion(column.name(), ColumnType.TIMESTAMP, expression));
        }
      }
    }
    if (conversions.isEmpty()) {
      return "";
    }
    long[] failed =
        db.numbers(
            conversions.stream()
                .map(
                    conversion ->
                        "count(*) filter (where %s is not null and %s is null)"
                            .formatted(Sql.name(conversion.column()), conversion.expression()))
                .collect(Collectors.joining(", ", "select ", " from raw")));
    for (int i = 0; i < failed.length; i++) {
      if (failed[i] > 0) {
        throw new RefusedException(
            "the column \"%s\" of %s is to be read as %s, and %d of its values are none"
                .formatted(
                    conversions.get(i).column(),
                    files.label(),
                    conversions.get(i).type().label(),
                    failed[i]));
      }
    }
    return conversions.stream()
        .map(conversion -> conversion.expression() + " as " + Sql.name(conversion.column()))
        .collect(Collectors.joining(", ", "replace (", ")"));
  }

  private String conversion(String column, ColumnType type) {
    return switch (type) {
      case STRING -> column;
      case INTEGER -> "try_cast(" + column + " as bigint)";
      case NUMBER -> "try_cast(" + column + " as double)";
      case BOOLEAN -> "try_cast(" + column + " as boolean)";
      case DATE ->
          source.dateFormat().isEmpty()
              ? "try_cast(" + column + " as date)"
              : "try_strptime(" + column + ", " + Sql.literal(source.dateFormat()) + ")::date";
      case TIMESTAMP ->
          source.timestampFormat().isEmpty()
              ? "try_cast(" + column + " as timestamptz)"
              : "try_strptime("
                  + column
                  + ", "
                  + Sql.literal(source.timestampFormat())
                  + ")::timestamptz";
    };
  }

  /** Makes the rows of {@code staged}; files must be out of reach by now. Answers its columns. */
  List<Column> stage() throws SQLException {
    String rows = "source";
    if (!source.query().isEmpty()) {
      rows = "(" + plainQuery() + ")";
    }
    try {
      db.execute(
          "create table staged as select row_number() over () as " + ROW + ", * from " + rows);
    } catch (SQLException e) {
      throw queryFailed(e);
    }
    db.execute("drop view source");
    db.execute("drop table raw");
    List<Column> columns = new ArrayList<>(db.describe("staged"));
    columns.removeFirst();
    return columns;
  }

  // As the parser understands it: one SELECT, without comments and without a semicolon.
  private String plainQuery() throws SQLException {
    String parsed =
        db.texts("select json_serialize_sql(" + Sql.literal(source.query()) + ")").getFirst();
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
    return source.query().isEmpty() ? files.label() : "the query's result";
  }

  /** The column with this very name. */
  Column column(List<Column> columns, String name) {
    requireColumn(name, names(columns), label());
    return columns.stream().filter(column -> column.name().equals(name)).findFirst().orElseThrow();
  }

  private void requireColumn(String name, List<String> present, String where) {
    if (present.contains(name)) {
      return;
    }
    String missing = where + " has no column \"" + name + "\"";
    if (!areNames(present)) {
      boolean headed = source.format() == ModelSource.Format.CSV && source.csv().header();
      throw new RefusedException(
          missing
              + " among its "
              + present.size()
              + " columns"
              + (headed ? "; it may lack its header line" : ""));
    }
    List<String> plain = present.stream().filter(SourceReader::isPlain).toList();
    String shown =
        present.stream()
            .limit(NAMES_SHOWN_MAX)
            .map(other -> isPlain(other) ? other : "(not a plain name)")
            .collect(Collectors.joining(", "));
    throw new RefusedException(
        missing
            + Nearest.hint(name, plain)
            + " (present: "
            + shown
            + (present.size() > NAMES_SHOWN_MAX ? ", ..." : "")
            + ")");
  }

  // Where a header is missing, or a query turns values into columns, the names are somebody's data.
  // They are taken for names if the model speaks of one of them and none is plainly a value.
  private boolean areNames(List<String> present) {
    return present.stream().anyMatch(mentioned::contains)
        && present.stream().noneMatch(name -> LIKE_A_VALUE.matcher(name).matches());
  }

  private static boolean isPlain(String name) {
    return PLAIN_NAME.matcher(name).matches();
  }

  private static List<String> names(List<Column> columns) {
    return columns.stream().map(Column::name).toList();
  }
}
