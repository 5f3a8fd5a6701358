package dev.attune.standalone.demo;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.function.LongConsumer;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/** Writes the shop's customers as the Parquet file that a warehouse would hand over. */
final class Warehouse {
  private static final String TABLE =
      """
      CREATE TABLE customers (
        customer_id VARCHAR, email VARCHAR, first_name VARCHAR, last_name VARCHAR,
        country VARCHAR, city VARCHAR, plan VARCHAR, loyalty_tier VARCHAR,
        lifetime_value DOUBLE, orders_count BIGINT, newsletter BOOLEAN, birthday DATE,
        created_at TIMESTAMP, updated_at TIMESTAMP)
      """;

  private Warehouse() {}

  /**
   * Writes {@code file} anew.
   *
   * @param written hears the number of rows so far
   */
  static void write(Shop shop, Path file, LongConsumer written) throws SQLException {
    try (var connection =
            DriverManager.getConnection("jdbc:duckdb:").unwrap(DuckDBConnection.class);
        var statement = connection.createStatement()) {
      statement.execute(TABLE);
      try (DuckDBAppender rows = connection.createAppender("main", "customers")) {
        long count = 0;
        for (Iterator<Customer> all = shop.rows().iterator(); all.hasNext(); ) {
          append(rows, all.next());
          if (++count % 1_000 == 0) {
            written.accept(count);
          }
        }
      }
      // The SQL string's only escape is the doubled quote.
      String path = file.toAbsolutePath().toString().replace("'", "''");
      statement.execute("COPY customers TO '" + path + "' (FORMAT parquet)");
      written.accept(shop.customers());
    }
  }

  private static void append(DuckDBAppender rows, Customer customer) throws SQLException {
    rows.beginRow();
    rows.append(customer.userId());
    rows.append(customer.email());
    rows.append(customer.firstName());
    rows.append(customer.lastName());
    rows.append(customer.country());
    rows.append(customer.city());
    rows.append(customer.plan());
    rows.append(customer.loyaltyTier());
    rows.append(customer.lifetimeValue().doubleValue());
    rows.append((long) customer.ordersCount());
    rows.append(customer.newsletter());
    rows.append(customer.birthday());
    rows.append(LocalDateTime.ofInstant(customer.createdAt(), ZoneOffset.UTC));
    rows.append(LocalDateTime.ofInstant(customer.updatedAt(), ZoneOffset.UTC));
    rows.endRow();
  }
}
