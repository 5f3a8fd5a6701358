package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.ModelDefinition;
import dev.attune.platform.forbidden.Masking;
import dev.attune.refresher.snapshot.HistoricalEvents;
import dev.attune.refresher.snapshot.RefreshSettings;
import dev.attune.refresher.snapshot.Refresher;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A check is answered in time, and the next one can be made. */
class ChecksTest {
  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              "namespaces: {user_id: {unique: true}}\ntraits: {plan: {type: string}}"));

  @TempDir Path directory;
  private Checks checks;

  @BeforeEach
  void checks() throws Exception {
    Path drivers = Files.createDirectories(directory.resolve("state/drivers"));
    Files.copy(
        Path.of(org.h2.Driver.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
        drivers.resolve("h2.jar"));
    var settings = RefreshSettings.defaults(directory, directory.resolve("state"));
    assertThat(settings.drivers()).isEqualTo(drivers);
    var events =
        new HistoricalEvents() {
          @Override
          public CompletionStage<?> send(String key, byte[] segmentJson) {
            throw new AssertionError("a check sends nothing");
          }

          @Override
          public CompletionStage<?> tick(Instant time) {
            throw new AssertionError("a check sends nothing");
          }
        };
    var refresher =
        new Refresher(
            _ -> {},
            events,
            _ -> CompletableFuture.completedFuture(null),
            settings,
            InstantSource.system(),
            List.of(),
            new Masking(new SimpleMeterRegistry()));
    checks = new Checks(refresher, Duration.ofSeconds(30), Duration.ofSeconds(2));
  }

  private CheckResult check(String source) throws Exception {
    return checks.check(
        ModelDefinition.parse(
            Yaml.parse(
                "models/m.yaml",
                """
                name: customers
                kind: profiles
                source: {%s}
                key: {namespace: user_id, column: id}
                traits: {plan: plan}
                """
                    .formatted(source)),
            CATALOG),
        CATALOG);
  }

  // A firewall that drops, or a wrong port: connected, and never a word. Neither driver is told a
  // limit as short as this one.
  @Test
  void serverThatNeverAnswers_isGivenUpAtTheLimit_whateverTheDriver() throws Exception {
    Files.writeString(directory.resolve("customers.csv"), "id,plan\n1,free\n");
    // The system takes connections in; nobody reads them.
    try (var silent = new ServerSocket(0, 2, InetAddress.getLoopbackAddress())) {
      String host = silent.getInetAddress().getHostAddress() + ":" + silent.getLocalPort();
      for (String url :
          List.of("jdbc:h2:tcp://" + host + "/shop", "jdbc:postgresql://" + host + "/shop")) {
        assertThat(check("jdbc: \"" + url + "\", user: sa, table: customers"))
            .isEqualTo(new CheckResult.Failed("its source did not answer within 2 seconds"));

        // It waits for the end of the other one, at most half a minute.
        assertThat(check("files: customers.csv, format: csv"))
            .isEqualTo(new CheckResult.Ready("customers.csv", 2));
      }
    }
    assertThat(directory.resolve("state/tmp")).isEmptyDirectory();
  }
}
