package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Fold;
import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.Profile;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis forgets everything, or the last minutes; the log brings it back while events go on. */
class RebuildIT {
  private static final Duration DEADLINE = Duration.ofSeconds(90);
  private static final int PEOPLE = 2_000;

  @TempDir Path stateDir;
  private final long seed = Long.getLong("attune.seed", System.nanoTime());
  private final Random random = new Random(seed);
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

  /** What each person's last event of each kind says. */
  private final Map<Integer, Long> plans = new HashMap<>();

  /** Page views of browsers, then logins that merge them into people. */
  private WriteToken history() throws Exception {
    List<WriteToken> tokens = new ArrayList<>();
    for (int from = 0; from < PEOPLE; from += 500) {
      StringJoiner visits = new StringJoiner(",", "{'batch':[", "]}");
      StringJoiner logins = new StringJoiner(",", "{'batch':[", "]}");
      for (int n = from; n < from + 500; n++) {
        visits.add("{'type':'identify','anonymousId':'a" + n + "','traits':{'theme':" + n + "}}");
        long plan = random.nextInt(1_000);
        plans.put(n, plan);
        // Every third has two browsers.
        logins.add(
            "{'type':'identify','userId':'u"
                + n / 3 * 3
                + "','anonymousId':'a"
                + n
                + "','traits':{'plan"
                + n
                + "':"
                + plan
                + "}}");
      }
      accepted(visits);
      tokens.add(accepted(logins));
    }
    refresher.awaitPassed(tokens.getLast());
    return tokens.getLast();
  }

  private WriteToken accepted(StringJoiner batch) throws Exception {
    HttpResponse<String> response = refresher.post("/v1/batch", batch.toString());
    assertThat(response.statusCode()).as("seed %d", seed).isEqualTo(200);
    return WriteToken.decode(response.headers().firstValue("Attune-Token").orElseThrow());
  }

  private Map<Integer, String> canonical() {
    Map<Integer, String> profiles = new HashMap<>();
    for (int n = 0; n < PEOPLE; n++) {
      Profile profile = refresher.profile("anonymous_id", "a" + n).orElseThrow();
      profiles.put(n, new String(Fold.canonical(profile), StandardCharsets.ISO_8859_1));
    }
    return profiles;
  }

  private void rebuild() throws Exception {
    HttpResponse<String> begun = refresher.operate("POST", "/v1/store:rebuild", "{}");
    assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
    Await.until(
        DEADLINE,
        "the rebuild did not end",
        () -> !refresher.operate("GET", "/v1/store:rebuild", "").body().contains("running"));
    assertThat(refresher.operate("GET", "/v1/store:rebuild", "").body())
        .contains("\"state\":\"done\"", "\"skipped\":0");
  }

  @Test
  void rebuild_afterFlush_isAsBefore() throws Exception {
    WriteToken token = history();
    Map<Integer, String> before = canonical();

    refresher.flushStore();
    assertThat(refresher.profile("anonymous_id", "a0")).isEmpty();
    rebuild();

    assertThat(canonical()).as("seed %d", seed).isEqualTo(before);
    // The marks are back, too.
    refresher.awaitPassed(token);
  }

  @Test
  void rebuild_flushedWhileEventsGoOn_losesNeitherOldNorNew() throws Exception {
    history();
    WriteToken last;
    try (ExecutorService traffic = Executors.newSingleThreadExecutor()) {
      Future<WriteToken> going = traffic.submit((Callable<WriteToken>) this::traffic);
      refresher.flushStore();
      rebuild();
      last = going.get();
    }
    refresher.awaitPassed(last);

    for (int n = 0; n < PEOPLE; n++) {
      Profile profile = refresher.profile("anonymous_id", "a" + n).orElseThrow();
      Map<String, Long> traits = new HashMap<>();
      profile
          .getTraitsList()
          .forEach(trait -> traits.put(trait.getName(), trait.getValue().getInteger()));
      assertThat(traits).as("seed %d, person %d", seed, n).containsEntry("plan" + n, plans.get(n));
      assertThat(traits).containsKeys("theme", "seen" + n % 500);
      assertThat(profile.getIdentifiersList())
          .extracting(i -> i.getValue())
          .contains("u" + n / 3 * 3);
    }
    assertThat(refresher.deadLetters).isEmpty();
  }

  // Of the people known by now, by either identifier, so that poor profiles come about.
  private WriteToken traffic() throws Exception {
    List<WriteToken> tokens = new ArrayList<>();
    for (int from = 0; from < PEOPLE; from += 100) {
      StringJoiner batch = new StringJoiner(",", "{'batch':[", "]}");
      for (int n = from; n < from + 100; n++) {
        batch.add(
            "{'type':'identify','anonymousId':'a"
                + n
                + "','traits':{'seen"
                + n % 500
                + "':"
                + n
                + "}}");
      }
      tokens.add(accepted(batch));
    }
    return tokens.getLast();
  }

  @Test
  void rebuild_whileOneRuns_isRefusedWithOneSentence() throws Exception {
    history();
    refresher.operate("POST", "/v1/store:rebuild", "{}");
    HttpResponse<String> second = refresher.operate("POST", "/v1/store:rebuild", "{}");
    assertThat(second.statusCode()).isEqualTo(409);
    assertThat(second.body()).contains("a rebuild of the store runs already");
    HttpResponse<String> page = refresher.post("/v1/store:rebuild", "{}");
    assertThat(page.statusCode()).isEqualTo(415);
    Await.until(
        DEADLINE,
        "the rebuild did not end",
        () -> refresher.operate("GET", "/v1/store:rebuild", "").body().contains("\"done\""));
  }

  @Test
  void lostWrites_comeBackByThemselves() throws Exception {
    Instant since = Instant.now();
    history();
    Map<Integer, String> before = canonical();
    refresher.flushStore();
    refresher.lostWrites(since);
    Await.until(
        DEADLINE,
        "the tail is not merged",
        () ->
            refresher.profile("anonymous_id", "a" + (PEOPLE - 1)).isPresent()
                && canonicalOrEmpty().equals(before));
  }

  // The marks of a store that has lost something promise too much, until it is back.
  @Test
  void merge_whoseProcessDied_isDoneByTheNextOne_andTokensWait() throws Exception {
    WriteToken token = history();
    Map<Integer, String> before = canonical();
    assertThat(refresher.isHandled(token)).isTrue();
    refresher.forgetProfiles();
    refresher.markLost(Instant.now());
    assertThat(refresher.isHandled(token)).isFalse();

    refresher.restart();
    Await.until(DEADLINE, "the token is not handled", () -> refresher.isHandled(token));
    assertThat(canonical()).as("seed %d", seed).isEqualTo(before);
  }

  private Map<Integer, String> canonicalOrEmpty() {
    try {
      return canonical();
    } catch (NoSuchElementException e) {
      return Map.of();
    }
  }
}
