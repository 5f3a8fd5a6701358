package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.Definition;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of events that do not fit their schema, by enforcement and by the way they come. */
class SchemasIT {
  private static final String REASON =
      "the event does not fit its schema %s: properties.total: type (expected: \"number\")";

  @TempDir Path stateDir;
  private RedisBackend redis;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    redis = RedisBackend.start();
    refresher =
        new RunningRefresher(
            redis,
            stateDir,
            Definitions.parse(
                List.of(
                    definition("kept", "Kept", "dead_letter"),
                    definition("refused", "Refused", "reject"),
                    definition("warned", "Warned", "warn"),
                    definition("pages", "Page Viewed", "reject"))));
  }

  private static Definition definition(String name, String event, String enforcement) {
    return Definition.newBuilder()
        .setKind("event")
        .setId(name)
        .setVersion(1)
        .setPath("events/" + name + ".yaml")
        .setYaml(
            """
            name: %s
            event: %s
            schema: {properties: {total: {type: number}}}
            enforcement: %s
            """
                .formatted(name, event, enforcement))
        .build();
  }

  @AfterEach
  void stop() {
    refresher.close();
    redis.close();
  }

  private static String track(String event, String total) {
    return ("{'type':'track','userId':'u','event':'%s','properties':{'total':%s},"
            + "'context':{'traits':{'seen':1}}}")
        .formatted(event, total);
  }

  private WriteToken taken(String path, String body) throws Exception {
    HttpResponse<String> response = refresher.post(path, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return WriteToken.decode(response.headers().firstValue("Attune-Token").orElseThrow());
  }

  private boolean becomesDeadLetter(WriteToken token) {
    refresher.awaitPassed(token);
    return refresher.isRejected(token);
  }

  private double misfits(String enforcement) {
    return refresher
        .meters
        .get("attune.events.misfits")
        .tag("enforcement", enforcement)
        .counter()
        .count();
  }

  @Test
  void alone_isRefusedWhereTheSchemaSaysSo_elseADeadLetterOrTaken() throws Exception {
    HttpResponse<String> refused = refresher.post("/v1/track", track("Refused", "'secret'"));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body())
        .contains("invalid_event", REASON.formatted("refused").replace("\"", "\\\""))
        .doesNotContain("secret");
    HttpResponse<String> page =
        refresher.post("/v1/page", "{'userId':'u','properties':{'total':'x'}}");
    assertThat(page.statusCode()).isEqualTo(400);

    assertThat(becomesDeadLetter(taken("/v1/track", track("Kept", "'secret'")))).isTrue();
    assertThat(refresher.deadLetters)
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(letter.getReason()).isEqualTo(REASON.formatted("kept"));
              assertThat(letter.getReplayTopic()).isEqualTo(refresher.kafka.topics().events());
            });
    assertThat(refresher.profile("user_id", "u")).isEmpty();

    assertThat(becomesDeadLetter(taken("/v1/track", track("Warned", "'secret'")))).isFalse();
    refresher.awaitTrait("user_id", "u", "seen");
    assertThat(misfits("warn")).isEqualTo(1);
    assertThat(misfits("dead_letter")).isEqualTo(1);
    assertThat(misfits("reject")).isEqualTo(2);
  }

  @Test
  void whatFits_orHasNoSchema_isTaken() throws Exception {
    for (String event : List.of("Kept", "Refused", "Warned", "Other")) {
      assertThat(becomesDeadLetter(taken("/v1/track", track(event, "9.5")))).isFalse();
    }
    assertThat(becomesDeadLetter(taken("/v1/track", track("Other", "'text'")))).isFalse();
    assertThat(refresher.deadLetters).isEmpty();
  }

  // An SDK drops a batch that is answered with 400.
  @Test
  void inABatchOrFromTheLog_isADeadLetter_andTheOthersAreTaken() throws Exception {
    WriteToken token =
        taken(
            "/v1/batch",
            "{'batch':[" + track("Refused", "'secret'") + "," + track("Refused", "1") + "]}");
    assertThat(becomesDeadLetter(token)).isTrue();
    refresher.awaitTrait("user_id", "u", "seen");
    assertThat(refresher.deadLetters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.getReason()).isEqualTo(REASON.formatted("refused")));

    WriteToken own = refresher.append("v", track("Refused", "'x'").replace('\'', '"'));
    assertThat(becomesDeadLetter(own)).isTrue();
    assertThat(refresher.deadLetters).hasSize(2);
  }
}
