package dev.attune.refresher.snapshot;

import dev.attune.core.model.FileSource;
import dev.attune.core.model.FileSource.Csv;
import dev.attune.core.model.FileSource.Format;
import dev.attune.core.model.ModelSource.ColumnType;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Rows of files.
 *
 * <p>What DuckDB says of a broken file may quote it, so that messages here are made of file names,
 * column names, types, line numbers and counts alone.
 */
final class FileOrigin implements Origin {
  private static final int HEADER_LENGTH_MAX = 1 << 16;
  private static final Pattern LINE = Pattern.compile("\\bLine: (\\d+)");
  private static final Pattern RECORD = Pattern.compile("\\brecord/value (\\d+)");

  private final DuckDb db;
  private final FileSource source;
  private final SourceFiles files;
  private final LocalTree tree;
  private final ColumnNames columnNames;
  private final Progress progress;
  private boolean loaded;

  /**
   * @param files of this machine
   * @param tree where they are
   */
  FileOrigin(
      DuckDb db,
      FileSource source,
      SourceFiles files,
      LocalTree tree,
      ColumnNames columnNames,
      Progress progress) {
    this.db = db;
    this.source = source;
    this.files = files;
    this.tree = tree;
    this.columnNames = columnNames;
    this.progress = progress;
  }

  @Override
  public String label() {
    return files.label();
  }

  @Override
  public long dataTimeMicros() {
    return files.newestMicros();
  }

  @Override
  public String contentDigest(Map<String, ColumnType> wanted) {
    return files.contentDigest();
  }

  @Override
  public String query() {
    return source.query();
  }

  @Override
  public boolean headed() {
    return headed(source);
  }

  static boolean headed(FileSource source) {
    return source.format() == Format.CSV && source.csv().header();
  }

  /** Finds them; checks what can be checked without reading them. */
  static FileOrigin open(
      DuckDb db, FileSource source, LocalTree tree, ColumnNames columnNames, Progress progress) {
    SourceFiles files = SourceFiles.find(source, tree);
    files.checkWhole(source.format());
    return new FileOrigin(db, source, files, tree, columnNames, progress);
  }

  @Override
  public void load(Map<String, ColumnType> wanted, long rowsMax) throws SQLException {
    if (loaded) {
      return;
    }
    if (rowsMax == ALL) {
      files.files().forEach(file -> Gzip.check(file.path()));
    }
    Extent extent = Extent.of(rowsMax);
    List<String> textColumns =
        wanted.keySet().stream().filter(c -> wanted.get(c) == ColumnType.STRING).sorted().toList();
    try {
      switch (source.format()) {
        case PARQUET ->
            read(
                "create table raw as select * from read_parquet("
                    + files.sqlList()
                    + ", hive_partitioning = false)"
                    + extent.limit());
        case CSV -> {
          if (source.csv().spaces()) {
            loadSpaces(extent);
          } else {
            loadCsv(textColumns, extent);
          }
        }
        case JSON -> loadJson(textColumns, extent);
      }
    } catch (SQLException e) {
      throw unreadable(e);
    }
    files.checkUnchanged(tree);
    SourceReader.see(db, conversions(wanted));
    loaded = true;
  }

  /** What follows a SELECT when not all of it is wanted, and how much of a file is guessed from. */
  private record Extent(String limit, String sample) {
    static Extent of(long rowsMax) {
      return rowsMax == ALL
          ? new Extent("", "sample_size = -1")
          : new Extent(" limit " + rowsMax, "sample_size = 20480");
    }
  }

  private void read(String sql) throws SQLException {
    db.execute(sql, progress::shareRead);
  }

  private RuntimeException unreadable(SQLException e) throws SQLException {
    String kind = DuckDb.errorKind(e);
    if (kind.equals("Out of Memory")) {
      return new RefusedException(
          files.label()
              + " holds more than fits: a row, or what is compressed in it, takes more memory than a"
              + " run may use (allowed: "
              + db.memoryMegabytes()
              + " MB)");
    }
    if (kind.equals("INTERRUPT") || kind.equals("Interrupt")) {
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

  private void loadCsv(Collection<String> textColumns, Extent extent) throws SQLException {
    Csv csv = source.csv();
    String options =
        ", " + extent.sample() + ", hive_partitioning = false, header = " + csv.header();
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
    read("create table raw as " + read + typed + ")" + extent.limit());
  }

  private void loadJson(Collection<String> textColumns, Extent extent) throws SQLException {
    String read =
        "select * from read_json("
            + files.sqlList()
            + ", "
            + extent.sample()
            + ", maximum_depth = 20, hive_partitioning = false";
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
    read("create table raw as " + read + ", columns = " + columns + ")" + extent.limit());
  }

  private Set<String> asText(List<String> present, Collection<String> textColumns) {
    Set<String> text = new LinkedHashSet<>();
    for (String name : source.columns().keySet()) {
      columnNames.require(name, present, files.label(), headed());
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
  private void loadSpaces(Extent extent) throws SQLException {
    Csv csv = source.csv();
    List<String> present =
        csv.header()
            ? header(files.files().getFirst().path())
            : List.copyOf(source.columns().keySet());
    for (String name : source.columns().keySet()) {
      columnNames.require(name, present, files.label(), headed());
    }
    read(
        "create table lines as select string_split_regex(trim(line, ' \t\r'), '[ \t]+') as f"
            + " from read_csv("
            + files.sqlList()
            + ", delim = '\1', quote = '', escape = '', header = false, skip = "
            + (csv.header() ? 1 : 0)
            + ", columns = {'line': 'VARCHAR'}, auto_detect = false, hive_partitioning = false)"
            + " where trim(line, ' \t\r') <> ''"
            + extent.limit());
    long others = db.numbers("select count(*) from lines where len(f) <> " + present.size())[0];
    if (others > 0) {
      throw new RefusedException(
          files.label()
              + ": "
              + others
              + " lines do not have the "
              + present.size()
              + " columns of the header");
    }
    List<String> cut = new ArrayList<>();
    for (int i = 0; i < present.size(); i++) {
      cut.add("f[" + (i + 1) + "] as " + Sql.name(present.get(i)));
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
    if (source.format() != Format.PARQUET) {
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

  private static List<String> names(List<Column> columns) {
    return columns.stream().map(Column::name).toList();
  }
}
