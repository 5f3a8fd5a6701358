package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.model.ProfilesModel;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused where a row becomes an input is suspect before, and nearly all else is not. */
class SuspectRowsTest {
  private static final Catalog CATALOG =
      Bench.catalog(
          """
          namespaces:
            user_id: {unique: true, blocked: [unknown, "0", o'brien]}
            email: {max: 5, normalise: lower}
          traits: {plan: {type: string}}
          """);

  private static final ProfilesModel MODEL =
      (ProfilesModel)
          Bench.model(
              """
              name: customers
              kind: profiles
              source: {files: customers.parquet, format: parquet}
              key: {namespace: user_id, column: id}
              identifiers: [{namespace: email, column: email}]
              traits: {plan: plan}
              """);

  private Connection database;

  @BeforeEach
  void open() throws SQLException {
    database = DriverManager.getConnection("jdbc:duckdb:");
  }

  @AfterEach
  void close() throws SQLException {
    database.close();
  }

  private boolean isSuspect(String key, @Nullable String email, @Nullable String cell)
      throws SQLException {
    try (var statement =
        database.prepareStatement(
            "select "
                + SuspectRows.condition(MODEL, false, 1, CATALOG)
                + " from (select ?::varchar as k, ?::varchar as i0, ?::varchar as t0) merged")) {
      statement.setString(1, key);
      statement.setString(2, email);
      statement.setString(3, cell);
      try (var rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
        boolean suspect = rows.getBoolean(1);
        assertThat(rows.wasNull()).isFalse();
        return suspect;
      }
    }
  }

  static Stream<String> badCells() {
    return Stream.of(
        "s" + "x".repeat(Cells.LENGTH_MAX + 1),
        "s" + "ü".repeat(Cells.LENGTH_MAX / 2 + 1),
        "nnan",
        "n-nan",
        "ninf",
        "n-inf",
        "dinfinity",
        "d-infinity",
        "d2932897",
        "d-719163",
        "tinfinity",
        "t-infinity",
        "t253402300800000000",
        "t-62135596800000001",
        "c?",
        "l{}",
        "o[1",
        "o{\"a\": 99999999999999999999}");
  }

  @ParameterizedTest
  @MethodSource("badCells")
  void cellThatIsRefused_isSuspect(String cell) throws SQLException {
    assertThat(refuses(() -> Cells.value(cell))).as("it is refused").isTrue();
    assertThat(isSuspect("u1", "a@b.example", cell)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "b1",
        "b0",
        "i-9223372036854775808",
        "n1.5",
        "n1e+20",
        "n-0.0",
        "s",
        "süß",
        "d0",
        "d2932896",
        "d-719162",
        "t0",
        "t253402300799999999",
        "t-62135596800000000"
      })
  void ordinaryCell_isNotSuspect(String cell) throws SQLException {
    assertThat(refuses(() -> Cells.value(cell))).as("it is refused").isFalse();
    assertThat(isSuspect("u1", "a@b.example", cell)).isFalse();
  }

  static Stream<String> badKeys() {
    return Stream.of(
        "unknown",
        "0",
        "o'brien",
        "x".repeat(257),
        "tab\tin it",
        "\u007f",
        "line\nbreak",
        "4111111111111111",
        "4111-1111-1111-1111",
        "[masked:card_number]");
  }

  @ParameterizedTest
  @MethodSource("badKeys")
  void identifierThatIsRefused_isSuspect(String value) throws SQLException {
    assertThat(refuses(() -> CATALOG.identifier("user_id", value))).as("it is refused").isTrue();
    assertThat(isSuspect(value, "a@b.example", "s")).isTrue();
    if (refuses(() -> CATALOG.identifier("email", value))) {
      assertThat(isSuspect("u1", value, "s")).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"42", "ada@example.com", "a-b_c:d/e+f=", "00042"})
  void ordinaryIdentifier_isNotSuspect(String value) throws SQLException {
    assertThat(isSuspect(value, value, "s")).isFalse();
    assertThat(isSuspect(value, null, null)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"user_id", "email"})
  void rowsOfANamespaceThatIsGone_areAllSuspect(String gone) throws SQLException {
    List<String> kept = gone.equals("email") ? List.of("user_id") : List.of("email");
    Catalog catalog =
        Bench.catalog("namespaces: {" + kept.getFirst() + ": {max: 5}}\ntraits: {}\n");
    try (var statement = database.createStatement();
        var rows =
            statement.executeQuery(
                "select "
                    + SuspectRows.condition(MODEL, false, 1, catalog)
                    + " from (select 'u1' as k, 'e' as i0, 's' as t0)")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getBoolean(1)).isTrue();
    }
  }

  private static boolean refuses(Runnable reading) {
    try {
      reading.run();
      return false;
    } catch (IllegalArgumentException e) {
      return true;
    }
  }
}
