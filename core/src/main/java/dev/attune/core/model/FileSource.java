package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The files of a model, and what turns them into its rows.
 *
 * <pre>{@code
 * source:
 *   files: cdnow/CDNOW_master.txt   # a path or glob; relative to the data root, or absolute; or
 *                                   # s3://bucket/prefix/*.parquet
 *   # manifest: out/manifest.json   # instead of files: a JSON file that lists them
 *   marker: _SUCCESS                # optional: a file that is written when the others are whole
 *   format: csv                     # csv | json | parquet
 *   columns:                        # csv and json: columns whose type is not left to be guessed
 *     customer_id: string           # string | integer | number | boolean | date | timestamp
 *     date: date
 *   date_format: "%Y%m%d"           # of declared dates that are not ISO 8601
 *   timestamp_format: "%d.%m.%Y %H:%M"
 *   csv:
 *     delimiter: spaces             # one character, "tab", or "spaces": any run of spaces or tabs
 *     header: true                  # false: `columns` names all of them, in the files' order
 *   query: |                        # SQL (DuckDB) over the table `source`; its result are the rows
 *     select customer_id, count(*) as orders from source group by customer_id
 *   dbt: {target: dbt/target, model: customers}   # optional: see DbtModel
 * }</pre>
 *
 * <p>A {@code .json} file holds one array of objects or one object a line. With {@code delimiter:
 * spaces} an undeclared column is a string.
 *
 * @param files a path or glob, or an {@link S3Address}; empty: the manifest lists them
 * @param manifest a path or an {@link S3Address}; empty: there is none
 * @param marker a file name; empty: none is asked for
 * @param columns declared column types, in the file's order
 * @param dateFormat of declared dates, as of strptime; empty: ISO 8601
 * @param timestampFormat of declared timestamps, as of strptime; empty: ISO 8601
 * @param query SQL over {@code source}; empty: the files' rows as they are
 */
public record FileSource(
    String files,
    String manifest,
    String marker,
    Format format,
    Map<String, ColumnType> columns,
    String dateFormat,
    String timestampFormat,
    Csv csv,
    String query,
    Optional<DbtModel> dbt)
    implements ModelSource {
  /** Columns that a definition may declare. */
  public static final int COLUMNS_MAX = 1_000;

  /** What the files are. */
  public enum Format {
    CSV,
    JSON,
    PARQUET
  }

  /**
   * How CSV files are cut.
   *
   * @param delimiter one character; empty: found by looking at the file
   * @param spaces columns are separated by runs of spaces or tabs, and lines may begin with them
   * @param header whether the first line of each file names the columns
   */
  public record Csv(String delimiter, boolean spaces, boolean header) {
    /** What is taken when nothing is said. */
    public static final Csv DEFAULT = new Csv("", false, true);
  }

  public FileSource {
    columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
  }

  static FileSource parse(Yaml yaml) {
    yaml.keys(
        "files",
        "manifest",
        "marker",
        "format",
        "columns",
        "date_format",
        "timestamp_format",
        "csv",
        "query",
        "dbt");
    if (!yaml.has("files") && !yaml.has("manifest")) {
      throw yaml.error(
          "it does not say where the rows are (allowed: one of \"files\", \"manifest\", \"jdbc\","
              + " \"duckdb\")");
    }
    String where = SourceKeys.either(yaml, "files", "manifest");
    Format format = oneOf(yaml.get("format"), Format.values());
    for (String key : List.of("columns", "date_format", "timestamp_format")) {
      if (format == Format.PARQUET && yaml.has(key)) {
        throw yaml.get(key).error("a Parquet file has types of its own (allowed: csv, json)");
      }
    }
    if (format != Format.CSV && yaml.has("csv")) {
      throw yaml.get("csv").error("only for format csv");
    }
    Map<String, ColumnType> columns = new LinkedHashMap<>();
    yaml.find("columns")
        .ifPresent(
            declared ->
                declared
                    .entries()
                    .forEach((name, type) -> columns.put(name, oneOf(type, ColumnType.values()))));
    if (columns.size() > COLUMNS_MAX) {
      throw yaml.get("columns").error("more than " + COLUMNS_MAX + " columns");
    }
    Csv csv = yaml.find("csv").map(FileSource::csv).orElse(Csv.DEFAULT);
    if (!csv.header() && columns.isEmpty()) {
      throw yaml.get("csv").error("without a header, \"columns\" must name every column");
    }
    return new FileSource(
        where.equals("files") ? location(yaml.get("files")) : "",
        where.equals("manifest") ? location(yaml.get("manifest")) : "",
        marker(yaml),
        format,
        columns,
        timeFormat(yaml, "date_format"),
        timeFormat(yaml, "timestamp_format"),
        csv,
        yaml.find("query").map(SourceKeys::filled).orElse(""),
        yaml.find("dbt").map(DbtModel::parse));
  }

  /** Where its files are, when they are in S3. */
  public Optional<S3Address> s3() {
    return S3Address.find(manifest.isEmpty() ? files : manifest);
  }

  private static String location(Yaml yaml) {
    String text = SourceKeys.filled(yaml);
    try {
      S3Address.find(text);
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
    return text;
  }

  private static String marker(Yaml yaml) {
    String marker = yaml.find("marker").map(SourceKeys::filled).orElse("");
    if (!marker.isEmpty() && yaml.has("manifest")) {
      throw yaml.get("marker").error("a manifest is a marker itself (allowed: one of them)");
    }
    if (marker.contains("/") || marker.equals("..")) {
      throw yaml.get("marker").error("not a file's name (allowed: e.g. _SUCCESS, without folders)");
    }
    return marker;
  }

  private static Csv csv(Yaml yaml) {
    yaml.keys("delimiter", "header");
    boolean header = yaml.find("header").map(Yaml::bool).orElse(true);
    String delimiter = yaml.find("delimiter").map(Yaml::text).orElse("");
    return switch (delimiter) {
      case "spaces" -> new Csv("", true, header);
      case "tab" -> new Csv("\t", false, header);
      default -> {
        if (yaml.has("delimiter") && !delimiter.matches("[\\p{Graph} \t&&[^\"'\\\\]]")) {
          throw yaml.get("delimiter")
              .error(
                  "\""
                      + delimiter
                      + "\" is not a delimiter (allowed: one character, \"tab\", \"spaces\")");
        }
        yield new Csv(delimiter, false, header);
      }
    };
  }

  private static String timeFormat(Yaml yaml, String key) {
    String format = yaml.find(key).map(Yaml::text).orElse("");
    if (yaml.has(key) && !format.matches("[%A-Za-z0-9:/. ,_+-]{2,60}")) {
      throw yaml.get(key)
          .error("not a format of strptime (allowed: e.g. \"%Y%m%d\", \"%d.%m.%Y %H:%M\")");
    }
    return format;
  }

  private static <E extends Enum<E>> E oneOf(Yaml yaml, E[] values) {
    List<String> labels = new ArrayList<>();
    for (E value : values) {
      labels.add(value.name().toLowerCase(Locale.ROOT));
    }
    return values[labels.indexOf(yaml.oneOf(labels))];
  }

  @Override
  public String content() {
    return List.of(files, manifest, format, columns, dateFormat, timestampFormat, csv, query)
        .toString();
  }
}
