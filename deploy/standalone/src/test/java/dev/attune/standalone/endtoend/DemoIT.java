package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./attune demo} as somebody meets it: a JVM of its own, its output, its end. */
class DemoIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Path DEFINITIONS = Path.of("../../definitions");
  private static final Pattern VERIFIED = Pattern.compile("webhooks verified (\\d+)");

  @TempDir private Path folder;

  @Test
  void demo_loadsAShopTellsWhereToLookAndEndsWhenAsked() throws Exception {
    Path data = folder.resolve("demo");
    try (Child demo =
        Child.start(
            "demo",
            data,
            "--customers",
            "300",
            "--rate",
            "60",
            "--definitions",
            DEFINITIONS.toString())) {
      Await.until(
          SOON,
          "no webhook was verified",
          () ->
              VERIFIED
                  .matcher(demo.output())
                  .results()
                  .anyMatch(line -> !line.group(1).equals("0")));
      assertThat(demo.output())
          .contains("customers: 300 rows, 300 of them new or changed.")
          .contains("./attune lookup user_id:42 --server " + demo.url())
          .doesNotContain("refused", "events not taken");

      Attune.Answer lookup = Attune.run(demo.url(), "lookup", "user_id:42");
      assertThat(lookup.output()).contains("known by", "user_id", "42", "loyalty_tier");
      Attune.Answer status = Attune.run(demo.url(), "status");
      assertThat(status.code()).as(status.output()).isZero();
      assertThat(status.output()).contains("last refresh customers done", "dead letters open 0");

      long redis = demo.redisPid();
      assertThat(demo.terminate()).as("exit code after SIGTERM").isZero();
      assertThat(demo.output())
          .endsWith("Stopping; what was accepted is finished first.\nStopped.\n");
      assertThat(Child.runs(redis)).as("its Redis still runs").isFalse();
    }
  }
}
