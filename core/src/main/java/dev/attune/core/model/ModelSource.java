package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a model's rows come from: {@link FileSource files}, a {@link JdbcSource database with a
 * JDBC driver}, or a {@link DuckDbSource DuckDB database file}.
 */
public sealed interface ModelSource permits FileSource, JdbcSource, DuckDbSource {
  /** The dbt model that must have succeeded before it is read, if there is one. */
  Optional<DbtModel> dbt();

  /**
   * All that decides which rows the source has, as text: who reads them and what must be there
   * first are no part of it.
   */
  String content();

  /** Types that may be declared for a column of a format that has none. */
  enum ColumnType {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN,
    DATE,
    TIMESTAMP;

    /** The name in a definition. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Reads the key {@code source} of a model. */
  static ModelSource parse(Yaml yaml) {
    if (yaml.has("jdbc")) {
      return JdbcSource.parse(yaml);
    }
    return yaml.has("duckdb") ? DuckDbSource.parse(yaml) : FileSource.parse(yaml);
  }
}
