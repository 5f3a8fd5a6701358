package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Transition;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What SDKs send again, when they did not hear the answer, counts once: also when its time is
 * computed anew from the new receipt, and so seems to be a later one.
 */
class CopiesIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String CLICKED = "clicked";

  @TempDir private static Path folder;
  private static WebhookEndpoint endpoint;
  private static Standalone standalone;
  private static Lookups lookups;

  @BeforeAll
  static void start() throws Exception {
    endpoint = WebhookEndpoint.start(1, 0);
    standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data"))
                .withPorts(StandaloneConfig.Ports.FREE)
                .withWebhooksAllow(Set.of(endpoint.address())));
    lookups = new Lookups(standalone.ports().grpc());
    Attune.apply(
        standalone.url(),
        new Definitions(folder.resolve("definitions"))
            .with(
                "catalog.yaml",
                "namespaces: {user_id: {unique: true}, email: {max: 5}, anonymous_id: {max: 50}}\n")
            // It can be left, and entered again, within a test's patience.
            .with("audiences/clicked.yaml", "name: clicked\nwhen: {event: Clicked, within: 2s}\n")
            .with("audiences/been.yaml", "name: been\nwhen: {event: Clicked, within: 1h}\n")
            .with("audiences/pinged.yaml", "name: pinged\nwhen: {event: Pinged, within: 1h}\n")
            .withWebhook(endpoint, "transitions: {audiences: [clicked]}", "Clicked"));
  }

  @AfterAll
  static void stop() throws Exception {
    try (AutoCloseable _ = endpoint;
        AutoCloseable _ = standalone;
        AutoCloseable _ = lookups) {
      assertThat(endpoint.complaints()).isEmpty();
    }
  }

  @Test
  void batchThatIsSentAgain_asItWas_countsOnce() throws Exception {
    Identifier ada = new Identifier("user_id", "ada");
    // The time of sending is that of the first attempt: by it, the second is later than the first.
    String now = Instant.now().toString();
    String batch =
        """
        {"sentAt": "%s", "batch": [{"type": "track", "event": "Clicked", "userId": "ada",
          "messageId": "again", "timestamp": "%s"}]}"""
            .formatted(now, now);
    post("batch", batch);
    await("ada left again", () -> told(ada).equals(List.of(true, false)));
    post("batch", batch);
    post("track", ping("userId", "ada"));
    await("the ping behind the copy", () -> isIn(ada, "pinged"));
    assertThat(told(ada)).as("entered").containsExactly(true, false);
    assertThat(recognised("evaluator")).isGreaterThanOrEqualTo(1);
    // Told again, it would have another body under the same id, of which the endpoint complains.
    await("the dispatcher met the copy", () -> recognised("dispatcher") >= 1);
    await("a webhook of the event", () -> webhooks("again") == 1);
  }

  @Test
  void eventWithoutATime_thatIsSentAgainAfterALogin_countsOnce() throws Exception {
    Identifier stranger = new Identifier("anonymous_id", "stranger");
    Identifier bob = new Identifier("user_id", "bob");
    String click = "{\"event\": \"Clicked\", \"anonymousId\": \"stranger\", \"messageId\": \"m\"}";
    post("track", click);
    await("the stranger left again", () -> told(stranger).equals(List.of(true, false)));
    post("identify", "{\"anonymousId\": \"stranger\", \"userId\": \"bob\"}");
    await("what was counted is bob's", () -> isIn(bob, "been"));
    post("track", click);
    post("track", ping("anonymousId", "stranger"));
    await("the ping behind the copy", () -> isIn(bob, "pinged"));
    assertThat(told(stranger)).containsExactly(true, false);
    assertThat(told(bob)).isEmpty();
  }

  private static String ping(String id, String value) {
    return "{\"event\": \"Pinged\", \"%s\": \"%s\"}".formatted(id, value);
  }

  private static void post(String path, String body) throws Exception {
    assertThat(Http.post(standalone.url() + "/v1/" + path, body).status()).isEqualTo(200);
  }

  private static boolean isIn(Identifier identifier, String audience) {
    return lookups
        .find(identifier)
        .filter(p -> p.getAudiencesList().stream().anyMatch(m -> m.getAudience().equals(audience)))
        .isPresent();
  }

  // Entered and left, in order.
  private static List<Boolean> told(Identifier who) throws Exception {
    return TransitionLog.read(standalone.ports().kafka()).stream()
        .filter(t -> t.getProfileId().equals(ProfileIds.of(who)))
        .filter(t -> t.getAudience().equals(CLICKED))
        .map(Transition::getEntered)
        .toList();
  }

  private static long webhooks(String eventId) throws Exception {
    long count = 0;
    for (String body : endpoint.taken().values()) {
      if (AttuneClient.JSON.readTree(body).path("data").path("event_id").asText().equals(eventId)) {
        count++;
      }
    }
    return count;
  }

  private static double recognised(String part) throws Exception {
    String metrics = Http.text(standalone.url() + "/metrics");
    return metrics
        .lines()
        .filter(line -> line.startsWith("attune_events_duplicates_total{"))
        .filter(line -> line.contains("kind=\"recognised\""))
        .filter(line -> line.contains("part=\"" + part + "\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(
        SOON,
        what + " was expected",
        () -> {
          try {
            return condition.call();
          } catch (Exception e) {
            throw new IllegalStateException(what, e);
          }
        });
  }
}
