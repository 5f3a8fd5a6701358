package dev.attune.standalone.dbt;

import static dev.attune.standalone.dbt.ModelDraft.scalar;

import java.util.List;

/** How a table of dbt is reached; what dbt does not write down stays to be filled in. */
final class WarehouseSource {
  private static final String CREDENTIALS =
      "  user: attune\n  password: {env: ATTUNE_WAREHOUSE_PASSWORD}\n";

  private WarehouseSource() {}

  /**
   * The lines of {@code source}.
   *
   * @param open gets a sentence for each thing to fill in
   */
  static String of(DbtTable table, List<String> open) {
    List<String> relation = table.relation();
    String database = relation.size() == 3 ? relation.getFirst() : "DATABASE";
    String within =
        scalar(String.join(".", relation.subList(relation.size() == 3 ? 1 : 0, relation.size())));
    String whole = scalar(String.join(".", relation));
    return switch (table.adapter()) {
      case "duckdb" -> {
        open.add("source.duckdb: the path of the database file");
        yield lines("duckdb: " + scalar(database + ".duckdb"), within);
      }
      case "postgres", "alloydb", "materialize" -> {
        server(open, "HOST");
        yield lines("jdbc: \"jdbc:postgresql://HOST:5432/" + database + "\"", within) + CREDENTIALS;
      }
      case "redshift" -> {
        server(open, "HOST, and the driver's jar");
        yield lines("jdbc: \"jdbc:redshift://HOST:5439/" + database + "\"", within) + CREDENTIALS;
      }
      case "snowflake" -> {
        server(open, "ACCOUNT and WAREHOUSE, and the driver's jar");
        yield lines(
                "jdbc: \"jdbc:snowflake://ACCOUNT.snowflakecomputing.com/?warehouse=WAREHOUSE\"",
                whole)
            + CREDENTIALS;
      }
      case "bigquery" -> {
        server(open, "ACCOUNT, the key's file, and the driver's jar");
        yield lines(
                "jdbc: \"jdbc:bigquery://https://www.googleapis.com/bigquery/v2:443;ProjectId="
                    + database
                    + ";OAuthType=0\"",
                whole)
            + "  properties: {OAuthServiceAcctEmail: ACCOUNT, OAuthPvtKeyPath: KEY_FILE}\n";
      }
      case "databricks" -> {
        server(open, "HOST and PATH, and the driver's jar");
        yield lines("jdbc: \"jdbc:databricks://HOST:443;httpPath=PATH;AuthMech=3\"", whole)
            + "  user: token\n  password: {env: ATTUNE_WAREHOUSE_PASSWORD}\n";
      }
      default -> {
        server(open, "the whole address, and the driver's jar");
        yield lines("jdbc: \"jdbc:ADAPTER://HOST/" + database + "\"", within) + CREDENTIALS;
      }
    };
  }

  private static String lines(String address, String table) {
    return "  " + address + "\n  table: " + table + "\n";
  }

  private static void server(List<String> open, String what) {
    open.add("source: " + what + "; who reads it, and where the secret is");
  }
}
