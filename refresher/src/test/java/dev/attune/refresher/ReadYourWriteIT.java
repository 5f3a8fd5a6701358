package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.WriteToken;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the collector's token promises: once the marks have passed it, the events are written. */
class ReadYourWriteIT {
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

  private WriteToken accepted(String path, String body) throws Exception {
    HttpResponse<String> response = refresher.post(path, body);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{\"success\":true}");
    return WriteToken.decode(response.headers().firstValue("Attune-Token").orElseThrow());
  }

  private long plan(String user) {
    return refresher.profile("user_id", user).orElseThrow().getTraitsList().stream()
        .filter(trait -> trait.getName().equals("plan"))
        .findFirst()
        .orElseThrow()
        .getValue()
        .getInteger();
  }

  @Test
  void token_once_passed_everyEventIsInItsProfile() throws Exception {
    for (int n = 0; n < 50; n++) {
      WriteToken token = accepted("/v1/identify", "{'userId':'u','traits':{'plan':" + n + "}}");
      refresher.awaitPassed(token);
      // Without waiting any further.
      assertThat(plan("u")).isEqualTo(n);
    }
  }

  @Test
  void token_ofABatch_coversEveryPartition() throws Exception {
    StringJoiner events = new StringJoiner(",", "{'batch':[", "]}");
    for (int n = 0; n < 200; n++) {
      events.add("{'type':'identify','userId':'user" + n + "','traits':{'plan':" + n + "}}");
    }
    WriteToken token = accepted("/v1/batch", events.toString());
    refresher.awaitPassed(token);

    assertThat(token.lastOffsets()).hasSize(4);
    for (int n = 0; n < 200; n++) {
      assertThat(plan("user" + n)).isEqualTo(n);
    }
  }

  @Test
  void batch_ofRefusedEventsAlone_hasNoToken() throws Exception {
    HttpResponse<String> response =
        refresher.post("/v1/batch", "{'batch':[{'type':'nonsense','userId':'u'}]}");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Attune-Token")).isEmpty();
  }

  // The collector lets it pass, since only the catalog knows; the refresher cannot write it.
  @Test
  void event_thatEndsInDeadLetters_isMarkedBeforeItIsPassed() throws Exception {
    WriteToken token = refresher.append("u", "{\"type\":\"identify\",\"userId\":7,\"traits\":[]}");
    int partition = token.lastOffsets().firstKey();
    refresher.awaitPassed(token);

    assertThat(refresher.marks("rejected/" + partition + "/" + token.lastOffsets().get(partition)))
        .containsExactly(1L);
    assertThat(refresher.deadLetters).hasSize(1);
    assertThat(refresher.isRejected(token)).isTrue();
  }

  // Of a batch the last event alone would say nothing of the others.
  @Test
  void batch_whoseFirstEventEndsInDeadLetters_isRejected() throws Exception {
    // Only the catalog knows how long an id may be.
    String tooLong = "x".repeat(300);
    StringJoiner events = new StringJoiner(",", "{'batch':[", "]}");
    events.add("{'type':'identify','userId':'" + tooLong + "','traits':{'plan':1}}");
    for (int n = 0; n < 40; n++) {
      events.add("{'type':'identify','userId':'user" + n + "','traits':{'plan':" + n + "}}");
    }
    WriteToken token = accepted("/v1/batch", events.toString());
    refresher.awaitPassed(token);
    assertThat(refresher.deadLetters).hasSize(1);
    assertThat(refresher.isRejected(token)).isTrue();
    assertThat(plan("user39")).isEqualTo(39);

    // Nobody else's are: neither those behind it, nor the others of its request.
    int partition = refresher.deadLetters.getFirst().getPartition();
    long offset = refresher.deadLetters.getFirst().getOffset();
    long last = token.lastOffsets().getOrDefault(partition, -1L);
    assertThat(last).as("events of its partition come behind it").isGreaterThan(offset + 1);
    assertThat(
            refresher.isRejected(
                new WriteToken(List.of(new WriteToken.Span(partition, offset + 1, last)))))
        .isFalse();
    WriteToken again = accepted("/v1/batch", events.toString().replace(tooLong, "u"));
    refresher.awaitPassed(again);
    assertThat(refresher.isRejected(again)).isFalse();
  }

  // One trait that is objected to does not make the event rejected: the others are there.
  @Test
  void event_withOneRefusedTrait_isNotRejected() throws Exception {
    WriteToken token = accepted("/v1/identify", "{'userId':'u','traits':{'':1,'plan':3}}");
    int partition = token.lastOffsets().firstKey();
    refresher.awaitPassed(token);

    assertThat(plan("u")).isEqualTo(3);
    assertThat(refresher.marks("rejected/" + partition + "/" + token.lastOffsets().get(partition)))
        .containsExactly(-1L);
  }

  @Test
  void redisKilledAndBroughtBack_marksComeWithTheEvents() throws Exception {
    refresher.awaitPassed(accepted("/v1/identify", "{'userId':'u','traits':{'plan':1}}"));
    redis.kill();
    WriteToken during = accepted("/v1/identify", "{'userId':'u','traits':{'plan':2}}");
    redis.restart();
    refresher.awaitPassed(during);
    assertThat(plan("u")).isEqualTo(2);
  }

  // Marks that a crash left untold, or that the store lost with its memory.
  @Test
  void restart_withLostMarks_tellsThemAgain() throws Exception {
    WriteToken token = accepted("/v1/identify", "{'userId':'u','traits':{'plan':1}}");
    refresher.awaitPassed(token);
    refresher.restart();
    refresher.flushStore();
    refresher.restart();
    refresher.awaitPassed(token);
  }
}
