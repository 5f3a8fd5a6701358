package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A webhook for a purpose: it speaks of those who consent, as of when it speaks. */
class WebhookConsentIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir private Path folder;

  @Test
  void onlyThoseWhoConsent_areToldOf_asOfTheAttempt() throws Exception {
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(1, 0);
        Standalone standalone =
            Standalone.start(
                StandaloneConfig.of(folder.resolve("data"))
                    .withPorts(StandaloneConfig.Ports.FREE)
                    .withWebhooksAllow(Set.of(endpoint.address())))) {
      Definitions definitions =
          new Definitions(folder.resolve("definitions"))
              .withWebhook(endpoint, "transitions: all", "Page Viewed");
      Path webhook = definitions.folder().resolve("webhooks/end-to-end.yaml");
      Files.writeString(webhook, Files.readString(webhook) + "consent: marketing\n");
      Attune.apply(standalone.url(), definitions);

      identify(standalone, "ada", "true");
      view(standalone, "bob", "bob-1");
      view(standalone, "ada", "ada-1");
      Await.until(SOON, "ada's view is told", () -> isTold(endpoint, "ada-1"));
      Await.until(SOON, "nothing waits", () -> isWaiting(standalone, "active", 0));
      assertThat(endpoint.taken()).hasSize(1);

      // What waits when somebody takes the consent back is not told any more.
      Attune.run(standalone.url(), "webhooks", "pause", "end-to-end");
      view(standalone, "ada", "ada-2");
      Await.until(SOON, "it waits", () -> isWaiting(standalone, "paused", 1));
      identify(standalone, "ada", "false");
      Attune.run(standalone.url(), "webhooks", "resume", "end-to-end");
      Await.until(SOON, "nothing waits", () -> isWaiting(standalone, "active", 0));
      identify(standalone, "ada", "true");
      view(standalone, "ada", "ada-3");
      Await.until(SOON, "the next one is told", () -> isTold(endpoint, "ada-3"));
      assertThat(endpoint.taken()).hasSize(2);
      Await.until(
          SOON, "bob's view and ada's second one are counted", () -> isBlocked(standalone, 2));
      assertThat(endpoint.complaints()).isEmpty();
    }
  }

  private static boolean isTold(WebhookEndpoint endpoint, String event) {
    return endpoint.taken().values().stream().anyMatch(body -> body.contains("\"" + event + "\""));
  }

  private static boolean isBlocked(Standalone standalone, int deliveries) {
    String counter = "attune_dispatcher_attempts_total\\{outcome=\"blocked\",.*} ";
    try {
      return Http.text(standalone.url() + "/metrics")
          .lines()
          .anyMatch(line -> line.matches(counter + deliveries + "(\\.0)?"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static boolean isWaiting(Standalone standalone, String state, int pending) {
    return Attune.run(standalone.url(), "webhooks", "list")
        .output()
        .lines()
        .anyMatch(line -> line.matches("end-to-end +" + state + " +" + pending + " .*"));
  }

  // Returns once lookups know it.
  private static void identify(Standalone standalone, String user, String consents)
      throws Exception {
    String body =
        "{\"userId\": \"%s\", \"traits\": {\"consent.marketing\": %s}}".formatted(user, consents);
    assertThat(Http.post(standalone.url() + "/v1/identify", body).status()).isEqualTo(200);
    Await.until(
        SOON,
        "the consent is known",
        () -> {
          String profile =
              Attune.run(standalone.url(), "lookup", "user_id:" + user, "--json").output();
          return Pattern.compile("\"consent\\.marketing\"\\s*:[^,}]*" + consents)
              .matcher(profile)
              .find();
        });
  }

  private static void view(Standalone standalone, String user, String id) throws Exception {
    String body = "{\"userId\": \"%s\", \"messageId\": \"%s\"}".formatted(user, id);
    assertThat(Http.post(standalone.url() + "/v1/page", body).status()).isEqualTo(200);
  }
}
