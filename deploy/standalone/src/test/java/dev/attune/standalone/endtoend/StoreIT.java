package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StoreConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores by config alone, and what the log brings back into them. */
class StoreIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  @TempDir private Path folder;

  private StandaloneConfig config(StoreConfig store) {
    return StandaloneConfig.of(folder.resolve("data"))
        .withPorts(StandaloneConfig.Ports.FREE)
        .withStore(store);
  }

  // The heap forgets with the process; the log does not.
  @Test
  void memory_afterARestart_isFilledFromTheLog() throws Exception {
    StandaloneConfig config = config(new StoreConfig.Memory());
    try (Standalone standalone = Standalone.start(config)) {
      login(standalone.url());
    }
    try (Standalone standalone = Standalone.start(config)) {
      Await.until(SOON, "the profile is not back", () -> isKnown(standalone.url(), "user_id:u"));
      Await.until(
          SOON, "the browser is not back", () -> isKnown(standalone.url(), "anonymous_id:a"));
      assertThat(standalone.data().redis().resolve("redis.pid")).doesNotExist();
    }
  }

  @Test
  void rebuild_ofAnEmptiedRedis_bringsEverybodyBack() throws Exception {
    try (Standalone standalone = Standalone.start(config(new StoreConfig.OwnRedis()))) {
      login(standalone.url());
      flush("127.0.0.1", standalone.ports().redis());

      Attune.Answer answer = Attune.run(standalone.url(), "store", "rebuild");
      assertThat(answer.code()).as(answer.output()).isZero();
      assertThat(answer.output()).contains("The store is rebuilt: ");
      // Away from what lookups may still have near.
      Await.until(
          SOON, "the browser is not back", () -> isKnown(standalone.url(), "anonymous_id:a"));
      assertThat(isKnown(standalone.url(), "user_id:u")).isTrue();
    }
  }

  @Test
  void redisOfSomebodyElse_isUsedAndNoneStarted() throws Exception {
    try (RedisBackend redis = RedisBackend.start();
        Standalone standalone =
            Standalone.start(
                config(
                    new StoreConfig.Redis(
                        List.of(redis.host() + ":" + redis.port()),
                        false,
                        "",
                        Optional.empty(),
                        false)))) {
      login(standalone.url());
      assertThat(standalone.data().redis().resolve("redis.pid")).doesNotExist();
    }
  }

  private static void login(String url) throws Exception {
    Http.Reply reply =
        Http.post(
            url + "/v1/identify",
            "{\"userId\": \"u\", \"anonymousId\": \"a\", \"traits\": {\"plan\": \"pro\"}}");
    assertThat(reply.status()).isEqualTo(200);
    Await.until(SOON, "the profile is not there", () -> isKnown(url, "anonymous_id:a"));
  }

  private static boolean isKnown(String url, String identifier) {
    try {
      Http.Reply reply = Http.get(url + "/v1/profiles/" + identifier);
      return reply.status() == 200 && reply.body().toString().contains("\"pro\"");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void flush(String host, int port) throws IOException {
    try (Socket socket = new Socket(host, port)) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write("FLUSHALL\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readNBytes(3), StandardCharsets.US_ASCII))
          .isEqualTo("+OK");
    }
  }
}
