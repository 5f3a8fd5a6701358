package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Definition;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that goes away and comes back: what was acknowledged is there, the rest was not. */
class BrokerAwayIT {
  private static final int ROWS = 120_000;
  private static final Definitions CUSTOMERS =
      Definitions.parse(
          List.of(
              definition(
                  "catalog",
                  "catalog",
                  "namespaces:\n  user_id: {unique: true}\ntraits:\n  plan: {type: string}\n"),
              definition(
                  "model",
                  "customers",
                  """
                  name: customers
                  kind: profiles
                  source: {files: customers.csv, format: csv}
                  key: {namespace: user_id, column: id}
                  traits: {plan: plan}
                  """)));

  @TempDir Path stateDir;
  @TempDir Path kafkaDir;

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  @Test
  void brokerStoppedAndStarted_whatWasAcknowledgedIsInItsProfile() throws Exception {
    EmbeddedKafka kafka = EmbeddedKafka.start(kafkaDir, 0);
    try (RunningRefresher refresher =
        new RunningRefresher(
            RedisBackend.shared(), stateDir, kafka.bootstrapServers(), CollectorConfig.OPEN)) {
      List<String> acknowledged = new ArrayList<>();
      for (int n = 0; n < 10; n++) {
        assertThat(identify(refresher, "before" + n).statusCode()).isEqualTo(200);
        acknowledged.add("before" + n);
      }
      int port = kafka.port();
      kafka.close();
      HttpResponse<String> away = identify(refresher, "during");
      assertThat(away.statusCode()).isEqualTo(503);
      assertThat(away.headers().firstValue("Retry-After")).isPresent();
      kafka = EmbeddedKafka.start(kafkaDir, port);
      // As an SDK does it.
      Await.until(
          Duration.ofSeconds(60),
          "the collector takes nothing any more",
          () -> {
            try {
              return identify(refresher, "after").statusCode() == 200;
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
      acknowledged.add("after");
      for (String user : acknowledged) {
        refresher.awaitTrait("user_id", user, "plan");
      }
      assertThat(refresher.logged()).containsAll(acknowledged);
    } finally {
      kafka.close();
    }
  }

  // As long as a rolling restart, or a failover of all partitions: longer than every timeout of a
  // client here.
  @Test
  void brokerAwayForAMinute_sendersThatTryAgain_loseNothing() throws Exception {
    EmbeddedKafka kafka = EmbeddedKafka.start(kafkaDir, 0);
    try (RunningRefresher refresher =
        new RunningRefresher(
            RedisBackend.shared(), stateDir, kafka.bootstrapServers(), CollectorConfig.OPEN)) {
      assertThat(identify(refresher, "first").statusCode()).isEqualTo(200);
      int port = kafka.port();
      kafka.close();
      long back = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      int refused = 0;
      while (System.nanoTime() < back) {
        HttpResponse<String> response = identify(refresher, "waiting");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("Retry-After")).isPresent();
        refused++;
      }
      assertThat(refused).isPositive();
      kafka = EmbeddedKafka.start(kafkaDir, port);
      for (String user : List.of("waiting", "last")) {
        Await.until(
            Duration.ofSeconds(60),
            "the collector takes nothing any more",
            () -> {
              try {
                return identify(refresher, user).statusCode() == 200;
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
      }
      for (String user : List.of("first", "waiting", "last")) {
        refresher.awaitTrait("user_id", user, "plan");
      }
      assertThat(refresher.logged()).contains("first", "waiting", "last");
      assertThat(refresher.deadLetters).isEmpty();
    } finally {
      kafka.close();
    }
  }

  // The run is in the middle of a load: what a chunk told is told again, what it had told stays.
  @Test
  void brokerAwayUnderARefresh_theRunWaits_andEveryRowIsStoredAndTold() throws Exception {
    StringBuilder rows = new StringBuilder("id,plan\n");
    for (int i = 0; i < ROWS; i++) {
      rows.append("row").append(i).append(",pro\n");
    }
    Files.writeString(stateDir.resolve("customers.csv"), rows);
    EmbeddedKafka kafka = EmbeddedKafka.start(kafkaDir, 0);
    try (RunningRefresher refresher =
        new RunningRefresher(
            RedisBackend.shared(), stateDir, kafka.bootstrapServers(), CollectorConfig.OPEN)) {
      refresher.define(CUSTOMERS);
      String run =
          Json.parse(
                  refresher
                      .operate("POST", "/v1/refreshes", "{\"model\": \"customers\"}")
                      .body()
                      .getBytes(StandardCharsets.UTF_8))
              .path("id")
              .asText();
      Await.until(
          Duration.ofSeconds(60),
          "the run writes nothing",
          () -> run(refresher, run).path("written").asLong() > 0);
      int port = kafka.port();
      kafka.close();
      // It takes the time that a client waits for an answer of the log.
      assertThat(identify(refresher, "during").statusCode()).isEqualTo(503);
      JsonNode away = run(refresher, run);
      assertThat(away.path("state").asText()).as("while it is away: %s", away).isEqualTo("writing");
      assertThat(away.path("written").asInt()).isLessThan(ROWS);

      kafka = EmbeddedKafka.start(kafkaDir, port);
      Await.until(
          Duration.ofSeconds(90),
          "the run does not end",
          () -> !run(refresher, run).path("state").asText().equals("writing"));
      JsonNode ended = run(refresher, run);
      assertThat(ended.path("state").asText()).as("%s", ended).isEqualTo("done");
      assertThat(ended.path("written").asInt()).isEqualTo(ROWS);
      assertThat(ended.path("starts").asInt()).isEqualTo(1);
      assertThat(refresher.toldByRun(run)).hasSize(ROWS);
      for (int i = 0; i < ROWS; i += ROWS / 100) {
        assertThat(refresher.profile("user_id", "row" + i)).as("row %d", i).isPresent();
      }
      assertThat(refresher.deadLetters).isEmpty();
    } finally {
      kafka.close();
    }
  }

  private static JsonNode run(RunningRefresher refresher, String id) {
    return Json.parse(
        refresher
            .operate("GET", "/v1/refreshes/" + id, "")
            .body()
            .getBytes(StandardCharsets.UTF_8));
  }

  private static HttpResponse<String> identify(RunningRefresher refresher, String user)
      throws Exception {
    return refresher.post(
        "/v1/identify",
        "{'messageId':'%s','userId':'%s','traits':{'plan':1}}".formatted(user, user));
  }
}
