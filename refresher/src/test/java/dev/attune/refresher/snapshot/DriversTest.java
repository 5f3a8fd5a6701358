package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A driver that somebody put into the folder, with H2's standing for any. */
class DriversTest {
  private static final String KEY = "key: {namespace: user_id, column: ID}\n";

  @TempDir Path directory;
  private Bench bench;
  private Path drivers;

  @BeforeEach
  void bench() throws Exception {
    bench = new Bench(directory);
    drivers = directory.resolve("drivers");
  }

  private String model(String source, String traits) {
    return """
    name: people
    kind: profiles
    source: {jdbc: "jdbc:h2:%s", user: sa, %s}
    %s%s
    """
        .formatted(directory.resolve("shop"), source, KEY, traits);
  }

  private static Path jar() throws Exception {
    return Path.of(org.h2.Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private void database(Driver driver) throws Exception {
    var properties = new Properties();
    properties.put("user", "sa");
    try (Connection connection =
            driver.connect("jdbc:h2:" + directory.resolve("shop"), properties);
        var statement = connection.createStatement()) {
      statement.execute(
          "create table people (id bigint, plan varchar(20), total decimal(9, 2), orders int, active"
              + " boolean, born date, seen timestamp with time zone, tags varchar(9) array, noon time)");
      statement.execute(
          "insert into people values (1, 'pro', 1.25, 3, true, '1990-02-03', '2026-01-02"
              + " 04:04:05+01:00', array['a', null], '01:02:03')");
      statement.execute("insert into people (id) values (2)");
    }
  }

  // It is on our own path, and that does not count.
  @Test
  void addressWithoutADriver_isRefusedWithThoseThereAre() throws Exception {
    assertThat(bench.refused(model("table: PEOPLE", "traits: {plan: PLAN}")))
        .isEqualTo(
            "no driver takes the address jdbc:h2:... (allowed: jdbc:postgresql:, and those of the jars"
                + " in "
                + drivers
                + ": none)");
    Files.createDirectories(drivers);
    Files.writeString(drivers.resolve("other.jar"), "not a jar");
    assertThat(bench.refused(model("table: PEOPLE", "traits: {plan: PLAN}")))
        .startsWith("no driver takes the address jdbc:h2:...")
        .endsWith(": other.jar)");
  }

  @Test
  void jar_isLoadedApart_andItsRowsAreRead() throws Exception {
    Files.createDirectories(drivers);
    Files.copy(jar(), drivers.resolve("h2.jar"));
    Driver driver = new Drivers(drivers).of("jdbc:h2:x");
    assertThat(driver.getClass().getClassLoader()).isNotSameAs(getClass().getClassLoader());
    database(driver);

    bench.done(
        model(
            "table: PUBLIC.PEOPLE",
            "traits: {plan: PLAN, total: TOTAL, orders: ORDERS, active: ACTIVE, born: BORN, seen: SEEN,"
                + " tags: TAGS}"));
    assertThat(bench.fact("user_id:1/plan").getValue().getText()).isEqualTo("pro");
    assertThat(bench.fact("user_id:1/total").getValue().getNumber()).isEqualTo(1.25);
    assertThat(bench.fact("user_id:1/seen").getValue().getTimestampMicros())
        .isEqualTo(Bench.micros("2026-01-02T03:04:05Z"));
    assertThat(bench.fact("user_id:1/tags").getValue().getList().getValuesCount()).isEqualTo(2);
    assertThat(bench.fact("user_id:2/active").hasValue()).isFalse();

    assertThat(bench.refused(model("table: PEOPLE", "traits: {plan: plan}")))
        .contains(" has no column \"plan\"; did you mean \"PLAN\"?");
    assertThat(bench.refused(model("table: PERSONS", "traits: {plan: PLAN}")))
        .startsWith("there is no table PERSONS in jdbc:h2:");
    assertThat(bench.refused(model("table: PEOPLE", "traits: {plan: NOON}")))
        .contains("is of the unsupported type TIME");
  }

  @Test
  void folderOfJars_isOneDriver() throws Exception {
    Files.createDirectories(drivers.resolve("h2"));
    Files.copy(jar(), drivers.resolve("h2/h2.jar"));

    assertThat(new Drivers(drivers).of("jdbc:h2:x").getMajorVersion()).isEqualTo(2);
  }
}
