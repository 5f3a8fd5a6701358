package dev.attune.refresher.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulesTest {
  @TempDir Path directory;
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-11-21T03:00:00Z"));

  @BeforeEach
  void files() throws Exception {
    Files.writeString(directory.resolve("customers.csv"), "id,plan\n1,free\n");
  }

  private static Definitions scheduled() {
    return RefreshesTest.definitions("schedule: {every: 6h}\n");
  }

  private void tick(Refreshes refreshes) throws Exception {
    try (var schedules = new Schedules(DefinitionsSource.fixed(scheduled()), refreshes, now::get)) {
      schedules.tick();
      schedules.tick();
    }
    for (Run run : refreshes.list()) {
      assertThat(refreshes.await(run.id(), Duration.ofSeconds(30)).orElseThrow().state())
          .isEqualTo(Run.State.DONE);
    }
  }

  private Refreshes refreshes() {
    return RefreshesTest.refreshes(directory, _ -> {}, new SimpleMeterRegistry());
  }

  private static List<String> keys(Refreshes refreshes) {
    return refreshes.list().stream().map(run -> run.request().key()).toList();
  }

  @Test
  void eachTime_isKeptOnce_alsoOverARestart() throws Exception {
    try (var refreshes = refreshes()) {
      tick(refreshes);
      assertThat(keys(refreshes)).containsExactly("schedule:customers@2026-11-21T00:00:00Z");
    }
    try (var refreshes = refreshes()) {
      tick(refreshes);
      assertThat(refreshes.list()).hasSize(1);
      // Two were missed: one run makes up for them.
      now.set(Instant.parse("2026-11-21T13:00:00Z"));
      tick(refreshes);
      assertThat(keys(refreshes))
          .containsExactly(
              "schedule:customers@2026-11-21T12:00:00Z", "schedule:customers@2026-11-21T00:00:00Z");
    }
  }
}
