package dev.attune.load.refresh;

import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A Parquet file as a warehouse would export it: an id, and twenty traits of some 45 bytes
 * altogether: texts, integers, numbers, a date with a time, a flag.
 *
 * @param file of the table
 * @param rows in it
 */
record WarehouseTable(Path file, long rows) {
  static final int TRAITS = 20;
  private static final int KINDS = 5;
  private static final long FIRST_TIME_MICROS =
      TraitFit.micros(Instant.parse("2026-01-01T00:00:00Z"));
  private static final double CENT_HALF = 0.005;
  private static final double ROUNDING = 1e-9;

  /** Whose rows another edition changes: one in a hundred. */
  private static final int CHANGED_EVERY = 100;

  /**
   * Writes it.
   *
   * @param edition of a hundredth of the rows, which differ in two traits from edition to edition
   */
  void write(int edition) {
    String traits =
        IntStream.range(0, TRAITS)
            .mapToObj(WarehouseTable::value)
            .collect(Collectors.joining(", "));
    try (var database = DriverManager.getConnection("jdbc:duckdb:");
        var statement = database.createStatement()) {
      statement.execute("set threads = 2; set memory_limit = '512MB'");
      statement.execute(
          ("copy (select 'c' || i as id, %s from (select i, case when i %% %d = 7 then %d else 0 end"
                  + " as e from range(%d) t(i))) to '%s' (format parquet)")
              .formatted(traits, CHANGED_EVERY, edition, rows, file));
    } catch (SQLException e) {
      throw new IllegalStateException("the table could not be written", e);
    }
  }

  // Two of the traits depend on the edition.
  private static String value(int trait) {
    String number = trait < 2 ? "(i * 7 + e + " + trait + ")" : "(i * 7 + " + trait + ")";
    String column =
        switch (trait % KINDS) {
          case 0 -> "'segment-' || " + number + " % 1000";
          case 1 -> number + " % 100000";
          case 2 -> "round(" + number + " % 9973 / 7.0, 2)::double";
          case 3 -> "timestamp '2026-01-01' + to_seconds(" + number + " % 20000000)";
          default -> number + " % 3 = 0";
        };
    return column + " as t" + trait;
  }

  /** Whether the first edition says this of a row. */
  static boolean says(int row, Trait trait) {
    int of = Integer.parseInt(trait.getName().substring(1));
    long number = row * 7L + of;
    Value value = trait.getValue();
    return switch (of % KINDS) {
      case 0 -> value.getText().equals("segment-" + number % 1_000);
      case 1 -> value.hasInteger() && value.getInteger() == number % 100_000;
      case 2 ->
          value.hasNumber()
              && Math.abs(value.getNumber() - number % 9_973 / 7.0) < CENT_HALF + ROUNDING;
      case 3 -> value.getTimestampMicros() == FIRST_TIME_MICROS + number % 20_000_000 * 1_000_000;
      default -> value.hasBoolean() && value.getBoolean() == (number % 3 == 0);
    };
  }

  /** The definition of the model {@code table}, which reads it. */
  String model() {
    return """
        name: table
        kind: profiles
        source: {files: "%s", format: parquet}
        key: {namespace: user_id, column: id}
        traits: {%s}
        """
        .formatted(
            file.getFileName(),
            IntStream.range(0, TRAITS)
                .mapToObj(i -> "t" + i + ": t" + i)
                .collect(Collectors.joining(", ")));
  }

  /** The catalog that knows its traits. */
  static String catalog(String more) {
    String[] types = {"string", "integer", "number", "timestamp", "boolean"};
    return "namespaces: {user_id: {unique: true}, anonymous_id: {max: 50}}\ntraits:\n"
        + IntStream.range(0, TRAITS)
            .mapToObj(i -> "  t" + i + ": {type: " + types[i % KINDS] + "}\n")
            .collect(Collectors.joining())
        + more;
  }
}
