package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Profile;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the collector answers, and what becomes of what it took. */
class CollectorIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @TempDir Path stateDir;
  private RedisBackend redis;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    redis = RedisBackend.start();
    refresher = new RunningRefresher(redis, stateDir);
  }

  @AfterEach
  void stop() {
    refresher.close();
    redis.close();
  }

  private void refused(String path, String body, String reason) throws Exception {
    HttpResponse<String> response = refresher.post(path, body);
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("\"code\"", reason);
  }

  @Test
  void post_notValid_isRefusedWithOneSentence() throws Exception {
    refused("/v1/track", "{'event':", "not valid JSON at line 1");
    refused("/v1/track", "", "the body is empty");
    refused("/v1/track", "[]", "the event is no JSON object");
    refused("/v1/track", "{'event':'E'}", "userId and anonymousId: both missing");
    refused("/v1/track", "{'userId':'u'}", "event: missing");
    refused("/v1/batch", "{'batch':{}}", "batch: missing, empty or not a list");
    String large = "x".repeat(40_000);
    refused(
        "/v1/track",
        "{'userId':'u','event':'E','properties':{'p':'" + large + "'}}",
        "bytes (allowed: 32768)");
  }

  @Test
  void batch_oneEventOf40Kb_goesToDeadLettersAndTheOthersOn() throws Exception {
    String large = "x".repeat(40_000);
    HttpResponse<String> response =
        refresher.post(
            "/v1/batch",
            "{'batch':[{'type':'identify','userId':'good','traits':{'plan':'pro'}},"
                + "{'type':'identify','userId':'large','traits':{'plan':'"
                + large
                + "'}},{'type':'nonsense','userId':'u'}]}");

    assertThat(response.statusCode()).isEqualTo(200);
    refresher.awaitTrait("user_id", "good", "plan");
    assertThat(refresher.deadLetters)
        .extracting(letter -> letter.getReason())
        .satisfiesExactlyInAnyOrder(
            reason -> assertThat(reason).contains("bytes (allowed: 32768)"),
            reason -> assertThat(reason).contains("type: missing or unknown"));
    assertThat(refresher.deadLetters)
        .anySatisfy(letter -> assertThat(letter.getValue().toStringUtf8()).contains(large));
  }

  @Test
  void login_afterAnonymousTraits_joinsThem() throws Exception {
    refresher.post("/v1/identify", "{'anonymousId':'a1','traits':{'theme':'dark'}}");
    Profile anonymous = refresher.awaitTrait("anonymous_id", "a1", "theme");
    refresher.post("/v1/identify", "{'userId':'u1','anonymousId':'a1','traits':{'plan':'pro'}}");
    Profile joined = refresher.awaitTrait("user_id", "u1", "theme");

    assertThat(joined.getMergedFromList()).containsExactly(anonymous.getProfileId());
    // Last of all the anonymous id is pointed to the person who gained its facts.
    Await.until(
        DEADLINE,
        "the anonymous id does not lead to the person",
        () -> refresher.profile("anonymous_id", "a1").equals(Optional.of(joined)));
  }

  @Test
  void redisKilledAndBroughtBack_everyAcceptedEventIsInItsProfile() throws Exception {
    refresher.post("/v1/identify", "{'userId':'before','traits':{'n':1}}");
    refresher.awaitTrait("user_id", "before", "n");
    redis.kill();
    for (int i = 0; i < 20; i++) {
      HttpResponse<String> response =
          refresher.post("/v1/identify", "{'userId':'during" + i + "','traits':{'n':1}}");
      assertThat(response.statusCode()).isEqualTo(200);
    }
    redis.restart();
    for (int i = 0; i < 20; i++) {
      refresher.awaitTrait("user_id", "during" + i, "n");
    }
    refresher.awaitTrait("user_id", "before", "n");
    assertThat(refresher.deadLetters).isEmpty();
  }

  @Test
  void trait_withoutAName_isADeadLetterAndTheRestIsWritten() throws Exception {
    refresher.post("/v1/identify", "{'userId':'u','traits':{'':1,'plan':'pro'}}");
    refresher.awaitTrait("user_id", "u", "plan");
    Await.until(DEADLINE, "no dead letter", () -> !refresher.deadLetters.isEmpty());
    assertThat(refresher.deadLetters.getFirst().getReason())
        .isEqualTo("traits: a name of 0 characters (allowed: 1 to 100)");
  }
}
