package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./attune status} says of a system in which something waits and something failed. */
class StatusIT {
  private static final Duration SOON = Duration.ofSeconds(40);

  @TempDir private Path folder;

  @Test
  void status_tellsTheLastRefreshWhatWaitsAndWhatFailed() throws Exception {
    Path table = Files.writeString(folder.resolve("people.csv"), "id,plan\n1,pro\n2,free\n");
    // Every delivery fails the first time: it waits for its second attempt.
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(1, 1.0);
        Standalone standalone =
            Standalone.start(
                StandaloneConfig.of(folder.resolve("data"))
                    .withPorts(StandaloneConfig.Ports.FREE)
                    .withWebhooksAllow(Set.of(endpoint.address())))) {
      String url = standalone.url();
      Attune.apply(
          url,
          Rules.write(folder.resolve("definitions"), endpoint)
              .with(
                  "models/people.yaml",
                  """
                  name: people
                  kind: profiles
                  source: {files: %s, format: csv}
                  key: {namespace: user_id, column: id}
                  traits: {plan: plan}
                  """
                      .formatted(table)));
      assertThat(status(url))
          .contains("refresher", "audience-evaluator", "webhook-dispatcher", "profile-service")
          .contains("pending 0", "oldest pending, s 0", "dead letters open 0")
          .doesNotContain("last refresh", "not ready");

      assertThat(Attune.run(url, "refresh", "people").code()).isZero();
      assertThat(status(url)).containsPattern("last refresh people done 20\\d\\d-");

      Http.post(
          url + "/v1/batch",
          """
          {"batch": [{"type": "track", "event": "Order Completed", "userId": "1"},
                     {"type": "track", "event": "Order Completed"}]}
          """);
      // For the five seconds until its second attempt.
      Await.until(SOON, "nothing waits", () -> !has(url, "oldest pending, s 0"));
      Await.until(SOON, "no dead letter shows", () -> has(url, "dead letters open 1"));
      Await.until(
          SOON,
          "it still waits",
          () -> has(url, "oldest pending, s 0") && has(url, "pending 0") && told(endpoint));
      Await.until(SOON, "a part lags", () -> has(url, "lag 0") && has(url, "events waiting 0"));
      assertThat(status(url)).doesNotContain("failed attempts 0");
    }
  }

  // The order itself, beside those who entered the audience of the table's plan.
  private static boolean told(WebhookEndpoint endpoint) {
    return endpoint.taken().values().stream().anyMatch(body -> body.contains(Rules.TOLD));
  }

  private static boolean has(String url, String words) {
    return status(url).contains(words);
  }

  private static String status(String url) {
    Attune.Answer answer = Attune.run(url, "status");
    assertThat(answer.code()).as(answer.output()).isZero();
    return answer.output();
  }
}
