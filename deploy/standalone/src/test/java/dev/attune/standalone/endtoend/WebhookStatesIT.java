package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A webhook that an operator pauses and resumes, through a restart. */
class WebhookStatesIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir private Path folder;

  @Test
  void pause_holdsDeliveriesThroughARestartAndAnApply_untilResumed() throws Exception {
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(1, 0)) {
      Definitions definitions =
          new Definitions(folder.resolve("definitions"))
              .withWebhook(endpoint, "transitions: all", "Page Viewed");
      try (Standalone standalone = start(endpoint)) {
        Attune.apply(standalone.url(), definitions);
        assertThat(webhooks(standalone, "list")).containsPattern("end-to-end +active +0 +0 s");
        assertThat(webhooks(standalone, "pause", "end-too-end"))
            .contains("there is no such webhook; did you mean \"end-to-end\"?");
        assertThat(webhooks(standalone, "pause", "end-to-end"))
            .isEqualToIgnoringNewLines("end-to-end is paused.");
        view(standalone, "1");
        Await.until(SOON, "it waits", () -> isWaiting(standalone, 1));
      }
      try (Standalone standalone = start(endpoint)) {
        Attune.run(standalone.url(), "apply", definitions.folder().toString(), "--prune", "--yes");
        view(standalone, "2");
        Await.until(SOON, "both wait", () -> isWaiting(standalone, 2));
        assertThat(endpoint.taken()).isEmpty();
        assertThat(webhooks(standalone, "list")).containsPattern("end-to-end +paused .* since 20");
        assertThat(Attune.run(standalone.url(), "status").output())
            .containsPattern("webhook end-to-end +paused since 20");

        // A sample stands in no queue: it goes out past those that wait.
        assertThat(webhooks(standalone, "test", "end-to-end"))
            .containsPattern("(?m)^event: delivered, HTTP 204, \\d+ ms, msg_[-0-9a-f]+$");
        assertThat(endpoint.taken().values())
            .anySatisfy(body -> assertThat(body).contains("\"event_id\":\"attune-test\""))
            .allSatisfy(body -> assertThat(body).contains("attune-test"));
        assertThat(webhooks(standalone, "test", "other")).contains("there is no such webhook");
        int samples = endpoint.taken().size();

        assertThat(webhooks(standalone, "resume", "end-to-end"))
            .isEqualToIgnoringNewLines("end-to-end is active.");
        Await.until(SOON, "both delivered", () -> endpoint.taken().size() == samples + 2);
        assertThat(Http.get(standalone.url() + "/v1/webhooks/end-to-end").body().toString())
            .contains("\"state\":\"active\"")
            .contains("\"since\":\"20");
        assertThat(Http.get(standalone.url() + "/v1/webhooks/other").status()).isEqualTo(404);
        Await.until(
            SOON,
            "both attempts in the log",
            () ->
                webhooks(standalone, "log", "end-to-end", "--who", "user_id:ada")
                        .lines()
                        .filter(line -> line.matches(".* msg_\\S+ +1 +204 +\\d+ ms +delivered"))
                        .count()
                    == 2);
        assertThat(webhooks(standalone, "log", "other")).contains("there is no such webhook");
        sendAgain(standalone);
        Await.until(
            SOON,
            "all that was sent again is in the log",
            () ->
                webhooks(standalone, "log", "end-to-end")
                        .lines()
                        .filter(line -> line.endsWith(" delivered"))
                        .count()
                    == 5);
        assertThat(webhooks(standalone, "log", "end-to-end"))
            .containsPattern(" +- +0 ms +replayed as-was on request .*: 2 deliveries\\n")
            .containsPattern(" msg_\\S+ +- +- +0 ms +resent on request\\n");
        assertThat(endpoint.complaints()).isEmpty();
        defineByTheApi(standalone, definitions);
      }
    }
  }

  // Each owner's webhooks are out of the other's reach.
  private static void defineByTheApi(Standalone standalone, Definitions definitions)
      throws Exception {
    String url = standalone.url() + "/v1/webhooks/";
    String body =
        """
        {"url": "https://crm.example.com/hook", "on": {"transitions": "all"}, "secret": %s}
        """;
    String named = body.formatted("{\"env\": \"CRM\"}");
    assertThat(Http.json("PUT", url + "end-to-end", named).message())
        .startsWith("the webhook is defined in webhooks/");
    assertThat(Http.json("PUT", url + "crm", named.replace("on", "no")).message())
        .contains("unknown key");
    assertThat(Http.json("PUT", url + "crm", body.formatted("{\"generated\": true}")).message())
        .startsWith("no secret is generated without a key");
    assertThat(Http.json("PUT", url + "crm", named).status()).isEqualTo(201);
    Attune.run(standalone.url(), "apply", definitions.folder().toString(), "--prune", "--yes");
    assertThat(webhooks(standalone, "list"))
        .containsPattern("crm +active +0 +0 s +api ")
        .containsPattern("end-to-end +active +0 +0 s +files");
    assertThat(Http.get(url + "crm/definition").body().path("name").asText()).isEqualTo("crm");
    assertThat(webhooks(standalone, "rotate-secret", "crm"))
        .contains("the definition of the webhook says where its secrets are");
    assertThat(Http.json("DELETE", url + "end-to-end", "").status()).isEqualTo(409);
    assertThat(Http.json("DELETE", url + "crm", "").status()).isEqualTo(200);
    assertThat(Http.get(url + "crm").status()).isEqualTo(404);
  }

  private static void sendAgain(Standalone standalone) {
    String day = Instant.now().minus(Duration.ofHours(1)).toString();
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", day))
        .isEqualToIgnoringNewLines(
            "These are 2 deliveries about 1 people. Nothing was sent: --yes sends them.");
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", day, "--yes"))
        .isEqualToIgnoringNewLines("Sent again: 2 deliveries about 1 people.");
    String id =
        Pattern.compile("msg_\\S+")
            .matcher(webhooks(standalone, "log", "end-to-end"))
            .results()
            .findFirst()
            .orElseThrow()
            .group();
    assertThat(webhooks(standalone, "resend", "end-to-end", id)).startsWith("It is sent again");
    assertThat(webhooks(standalone, "drain", "end-to-end")).startsWith("These are 0 dead letters.");
    // Bad input.
    assertThat(webhooks(standalone, "resend", "end-to-end", "msg_none"))
        .contains("no delivery with this id that is still kept");
    assertThat(webhooks(standalone, "drain", "other")).contains("there is no such webhook");
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", "yesterday"))
        .contains("from: a time in UTC was expected");
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", "2999-01-01T00:00:00Z"))
        .contains("times that have been were expected");
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", day, "--mode", "as-if"))
        .contains("mode: \"as-was\", \"as-now\" or \"only-diff\" was expected");
    assertThat(webhooks(standalone, "replay", "end-to-end", "--from", day, "--mode", "as-now"))
        .startsWith("Not sent: 2 of what happened, which has no now; as-was sends it again.")
        .contains("These are 0 deliveries about 0 people. Nothing was sent");
  }

  private Standalone start(WebhookEndpoint endpoint) throws InterruptedException {
    return Standalone.start(
        StandaloneConfig.of(folder.resolve("data"))
            .withPorts(StandaloneConfig.Ports.FREE)
            .withWebhooksAllow(Set.of(endpoint.address())));
  }

  private static boolean isWaiting(Standalone standalone, int pending) {
    return webhooks(standalone, "list")
        .lines()
        .anyMatch(line -> line.matches("end-to-end +paused +" + pending + " .*"));
  }

  private static void view(Standalone standalone, String id) throws Exception {
    String body = "{\"userId\": \"ada\", \"messageId\": \"%s\"}".formatted(id);
    assertThat(Http.post(standalone.url() + "/v1/page", body).status()).isEqualTo(200);
  }

  private static String webhooks(Standalone standalone, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "webhooks";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Attune.run(standalone.url(), all).output();
  }
}
