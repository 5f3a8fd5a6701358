package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.embedded.EmbeddedKafka;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that goes away and comes back: what was acknowledged is there, the rest was not. */
class BrokerAwayIT {
  @TempDir Path stateDir;
  @TempDir Path kafkaDir;

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

  private static HttpResponse<String> identify(RunningRefresher refresher, String user)
      throws Exception {
    return refresher.post(
        "/v1/identify",
        "{'messageId':'%s','userId':'%s','traits':{'plan':1}}".formatted(user, user));
  }
}
