package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.Profile;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events that are too deep, too long or of the future, over HTTP and straight from the log: each
 * has its sentence, and what comes behind it is taken.
 */
class BadEventsIT {
  private static final String BEYOND = "the JSON exceeds a limit (allowed: 64 levels of nesting";
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir private static Path stateDir;
  private static RedisBackend redis;
  private static RunningRefresher refresher;

  @BeforeAll
  static void start() {
    redis = RedisBackend.start();
    refresher = new RunningRefresher(redis, stateDir);
  }

  @AfterAll
  static void stop() {
    refresher.close();
    redis.close();
  }

  private static String nested(int levels) {
    return "{'a':".repeat(levels) + "1" + "}".repeat(levels);
  }

  private static String identify(String traits) {
    return "{'type':'identify','userId':'u','traits':" + traits + "}";
  }

  private static void refused(String body, int status, String reason) throws Exception {
    HttpResponse<String> response = refresher.post("/v1/identify", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.body()).contains(reason).hasSizeLessThan(300);
  }

  /** Straight on the log, with a good one behind it. */
  private static void deadLetter(String user, String event, String reason) {
    WriteToken token = refresher.append(user, event.replace('\'', '"'));
    refresher.append(
        user, "{\"type\":\"identify\",\"userId\":\"%s\",\"traits\":{\"n\":1}}".formatted(user));
    refresher.awaitTrait("user_id", user, "n");
    refresher.awaitPassed(token);
    assertThat(refresher.isRejected(token)).isTrue();
    assertThat(refresher.deadLetters)
        .anySatisfy(letter -> assertThat(letter.getReason()).contains(reason));
  }

  @Test
  void deepJson_isRefusedByItsDepth() throws Exception {
    for (int levels : List.of(100, 5_000, 50_000)) {
      refused(identify(nested(levels)), 400, BEYOND);
    }
    refused(identify("[".repeat(200_000)), 400, BEYOND);
    refused(identify(nested(30)), 400, "traits: nested too deep (allowed: 20 levels)");

    deadLetter("deep", identify(nested(5_000)), BEYOND);
    deadLetter("deeper", identify(nested(30)), "nested too deep (allowed: 20 levels)");
  }

  @Test
  void stringOfAMegabyte_isRefusedByItsSize() throws Exception {
    String traits = "{'t':'" + "x".repeat(1 << 20) + "'}";
    refused(identify(traits), 413, "payload_too_large");
    String fits = "{'t':'" + "x".repeat(300 << 10) + "'}";
    refused(identify(fits), 400, "bytes (allowed: 32768)");

    // As large as a broker takes a record.
    String large = identify("{'t':'" + "x".repeat(900 << 10) + "'}");
    deadLetter("large", large, "the event has " + large.length() + " bytes (allowed: 65536)");
  }

  @Test
  void clockAYearAhead_countsAsFiveMinutesAfterReceipt() throws Exception {
    Instant before = Instant.now();
    HttpResponse<String> response =
        refresher.post(
            "/v1/identify",
            "{'userId':'future','timestamp':'%s','traits':{'plan':'pro'}}"
                .formatted(before.plus(365, ChronoUnit.DAYS)));
    assertThat(response.statusCode()).isEqualTo(200);
    Profile profile = refresher.awaitTrait("user_id", "future", "plan");
    Instant latest = Instant.now().plus(6, ChronoUnit.MINUTES);
    assertThat(profile.getTraitsList())
        .allSatisfy(
            trait ->
                assertThat(trait.getUpdatedAtMicros())
                    .isBetween(before.toEpochMilli() * 1_000, latest.toEpochMilli() * 1_000));
    // It does not keep a value of now from being the newest an hour later, nor the next event away.
    refresher.post("/v1/identify", "{'userId':'future','traits':{'next':1}}");
    Await.until(
        SOON,
        "the next event is not taken",
        () ->
            refresher.profile("user_id", "future").stream()
                .flatMap(p -> p.getTraitsList().stream())
                .anyMatch(trait -> trait.getName().equals("next")));
  }
}
