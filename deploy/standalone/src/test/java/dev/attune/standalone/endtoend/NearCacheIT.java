package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.profiles.NearCacheConfig;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept near does not hide what has just happened. */
class NearCacheIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final int CHANGES = 20;

  /**
   * Without the feed an answer that is asked for all the time changes every 1.5 s, so that a change
   * would wait for half of that.
   */
  private static final Duration ON_AVERAGE_MAX = Duration.ofMillis(400);

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path folder;

  @Test
  void changesOfSomeoneWhoIsLookedUpAllTheTime_showLongBeforeTheBound() throws Exception {
    StandaloneConfig config =
        StandaloneConfig.of(folder.resolve("data"))
            .withPorts(StandaloneConfig.Ports.FREE)
            .withNearCache(NearCacheConfig.DEFAULT);
    try (Standalone standalone = Standalone.start(config)) {
      String profile = standalone.url() + "/v1/profiles/user_id:jane";
      Await.until(SOON, "nobody is somebody", () -> !body(profile).contains("traits"));
      identify(standalone, 0);
      Await.until(SOON, "the profile is not there", () -> body(profile).contains("round-0\""));

      long waited = 0;
      for (int i = 1; i <= CHANGES; i++) {
        String round = "round-" + i + "\"";
        identify(standalone, i);
        long began = System.nanoTime();
        Await.until(SOON, "the change does not show", () -> body(profile).contains(round));
        waited += System.nanoTime() - began;
      }
      assertThat(Duration.ofNanos(waited / CHANGES)).isLessThan(ON_AVERAGE_MAX);

      String metrics = body(standalone.url() + "/metrics");
      assertThat(count(metrics, "attune_near_cache_lookups_total{result=\"hit\"}")).isPositive();
      assertThat(count(metrics, "attune_near_cache_bytes")).isPositive();
      assertThat(count(metrics, "attune_near_cache_feed_age_seconds")).isLessThan(60);
    }
  }

  private static double count(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in /metrics"));
  }

  private static void identify(Standalone standalone, int round) throws Exception {
    String event = "{\"userId\": \"jane\", \"traits\": {\"plan\": \"round-%d\"}}".formatted(round);
    assertThat(Http.post(standalone.url() + "/v1/identify", event).status()).isEqualTo(200);
  }

  private static String body(String url) {
    try {
      return CLIENT
          .send(
              HttpRequest.newBuilder(URI.create(url)).timeout(SOON).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(url, e);
    }
  }
}
