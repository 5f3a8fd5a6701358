package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Optional;

/**
 * A table, or a query's result, of a DuckDB database file, which is opened to be read alone.
 *
 * <pre>{@code
 * source:
 *   duckdb: shop.duckdb             # relative to the data root, or absolute
 *   table: marts.customers          # or query: SQL whose result are the rows
 *   dbt: {target: shop/target, model: customers}   # optional: see DbtModel
 * }</pre>
 *
 * @param table its names, outermost first; empty: the query has the rows
 * @param query SQL; empty: the table's rows
 */
public record DuckDbSource(String file, List<String> table, String query, Optional<DbtModel> dbt)
    implements ModelSource {
  public DuckDbSource {
    table = List.copyOf(table);
  }

  static DuckDbSource parse(Yaml yaml) {
    yaml.keys("duckdb", "table", "query", "dbt");
    SourceKeys.either(yaml, "table", "query");
    return new DuckDbSource(
        SourceKeys.filled(yaml.get("duckdb")),
        SourceKeys.table(yaml),
        yaml.find("query").map(SourceKeys::filled).orElse(""),
        yaml.find("dbt").map(DbtModel::parse));
  }

  @Override
  public String content() {
    return List.of("duckdb", file, table, query).toString();
  }
}
