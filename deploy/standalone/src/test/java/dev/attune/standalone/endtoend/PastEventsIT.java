package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An audience that comes after the events that it counts, and one that is paused. */
class PastEventsIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String THREE_VIEWS =
      "name: three-views\nwhen: {event: Page Viewed, count: \">= 3\", within: 1h}\n";

  @TempDir private Path folder;

  private static void view(Standalone standalone, String user, int times) throws Exception {
    for (int i = 0; i < times; i++) {
      String body = "{\"userId\": \"%s\", \"messageId\": \"%s-%d\"}".formatted(user, user, i);
      assertThat(Http.post(standalone.url() + "/v1/page", body).status()).isEqualTo(200);
    }
  }

  private static boolean isIn(Lookups lookups, String user) {
    return lookups
        .find(new Identifier("user_id", user))
        .filter(
            p -> p.getAudiencesList().stream().anyMatch(m -> m.getAudience().equals("three-views")))
        .isPresent();
  }

  private static String list(Standalone standalone) {
    return Attune.run(standalone.url(), "audiences", "list").output();
  }

  private static String explained(Standalone standalone, String user) {
    return Attune.run(standalone.url(), "audiences", "explain", "three-views", "user_id:" + user)
        .output();
  }

  @Test
  void audience_knowsWhatHappenedBefore_andAPauseKeepsEverybody() throws Exception {
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(1, 0);
        Standalone standalone =
            Standalone.start(
                StandaloneConfig.of(folder.resolve("data"))
                    .withPorts(StandaloneConfig.Ports.FREE)
                    .withWebhooksAllow(Set.of(endpoint.address())));
        Lookups lookups = new Lookups(standalone.ports().grpc())) {
      Definitions definitions =
          new Definitions(folder.resolve("definitions"))
              .withWebhook(endpoint, "transitions: all", "Page Viewed");
      Attune.apply(standalone.url(), definitions);
      view(standalone, "ada", 3);
      view(standalone, "bob", 2);
      Await.until(SOON, "webhooks of the events", () -> endpoint.taken().size() == 5);

      Attune.apply(standalone.url(), definitions.with("audiences/three-views.yaml", THREE_VIEWS));
      Await.until(SOON, "ada is in no audience", () -> isIn(lookups, "ada"));
      assertThat(isIn(lookups, "bob")).isFalse();
      assertThat(list(standalone))
          .containsPattern("three-views +live +1 +\\+1 +-0 +complete from ");
      Await.until(SOON, "the webhook of the transition", () -> endpoint.taken().size() >= 6);
      // What was told again was no news.
      assertThat(endpoint.taken()).hasSize(6);
      assertThat(endpoint.complaints()).isEmpty();

      assertThat(Attune.run(standalone.url(), "audiences", "pause", "three-vews").output())
          .contains("there is no such audience; did you mean \"three-views\"?");
      assertThat(Attune.run(standalone.url(), "audiences", "pause", "three-views").output())
          .isEqualToIgnoringNewLines("three-views is paused.");
      Await.until(SOON, "not paused", () -> list(standalone).contains("paused"));
      view(standalone, "bob", 3);
      Await.until(
          SOON,
          "bob's third view is not known",
          () -> explained(standalone, "bob").contains("(3 counted"));
      assertThat(isIn(lookups, "bob")).isFalse();
      // An apply does not end it.
      Attune.run(standalone.url(), "apply", definitions.folder().toString(), "--prune", "--yes");
      assertThat(list(standalone)).contains("paused");
      assertThat(Attune.run(standalone.url(), "audiences", "resume", "three-views").output())
          .isEqualToIgnoringNewLines("three-views goes on.");
      Await.until(SOON, "bob does not enter", () -> isIn(lookups, "bob"));
    }
  }
}
