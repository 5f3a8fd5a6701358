package dev.attune.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * A real PostgreSQL for tests, on loopback. Its administrator needs no password, all others do.
 * Tests share one and keep apart by users and schemas of their own.
 */
public final class PostgresBackend implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);

  private final Path directory;
  private final EmbeddedPostgres server;

  private PostgresBackend(Path directory, EmbeddedPostgres server) {
    this.directory = directory;
    this.server = server;
  }

  /** The one of this JVM, started when first asked for and stopped with it. */
  public static PostgresBackend shared() {
    return Shared.POSTGRES.get();
  }

  static PostgresBackend start() {
    Path directory = TemporaryDirectory.create("postgres");
    try {
      Path access =
          Files.writeString(
              directory.resolve("access.conf"),
              """
              host all postgres localhost trust
              host all postgres 127.0.0.1/32 trust
              host all all 127.0.0.1/32 scram-sha-256
              """);
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory.resolve("data"))
              .setServerConfig("hba_file", access.toString())
              .setServerConfig("fsync", "off")
              .setPGStartupWait(START_MAX)
              .setRegisterShutdownHook(false)
              .start();
      return new PostgresBackend(directory, server);
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL cannot be started", e);
    }
  }

  /** The address of a database, without a user. */
  public String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/" + database;
  }

  /** The address of the database {@code postgres}. */
  public String url() {
    return url("postgres");
  }

  /** Has the administrator execute statements. */
  public void execute(String... statements) {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the administrator's statement failed", e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    TemporaryDirectory.delete(directory);
  }
}
