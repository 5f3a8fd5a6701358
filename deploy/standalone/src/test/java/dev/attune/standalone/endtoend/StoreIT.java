package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.Identifier;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.StoreConfig;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.store.redis.RedisTls;
import dev.attune.testkit.Await;
import dev.attune.testkit.DynamoBackend;
import dev.attune.testkit.RedisBackend;
import dev.attune.testkit.RedisClusterBackend;
import dev.attune.testkit.RedisTalk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
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
      // At once: it was not ready before.
      assertThat(isKnown(standalone.url(), "user_id:u")).isTrue();
      assertThat(isKnown(standalone.url(), "anonymous_id:a")).isTrue();
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
                        RedisTls.OFF)))) {
      login(standalone.url());
      assertThat(standalone.data().redis().resolve("redis.pid")).doesNotExist();
    }
  }

  // As the README's sample has it.
  @Test
  void redisCluster_isUsedByConfigAlone() throws Exception {
    StandaloneConfig config =
        read(
            "{redis: {cluster: [%s]}}"
                .formatted(
                    RedisClusterBackend.shared().ports().stream()
                        .map(port -> "\"127.0.0.1:" + port + "\"")
                        .collect(Collectors.joining(", "))));
    try (Standalone standalone = Standalone.start(config)) {
      login(standalone.url());
      assertThat(isKnownOverGrpc(standalone, "u")).isTrue();
      assertThat(standalone.data().redis().resolve("redis.pid")).doesNotExist();
      assertThat(
              RedisClusterBackend.shared().ports().stream()
                  .map(port -> RedisTalk.ask(port, "KEYS attune:*"))
                  .filter(keys -> !keys.isEmpty()))
          .as("several nodes have keys of ours")
          .hasSizeGreaterThan(2);
    }
  }

  @Test
  void dynamodb_afterStoreInit_isUsedByConfigAlone() throws Exception {
    String store =
        "{dynamodb: {region: eu-central-1, endpoint: \"%s\", table_prefix: store-it-%s}}"
            .formatted(DynamoBackend.shared().endpoint(), UUID.randomUUID());
    StandaloneConfig config = read(store);
    String file = folder.resolve("config.yaml").toString();
    withCredentials(
        () -> {
          Attune.Answer first = Attune.runAlone("store", "init", "--config", file);
          assertThat(first.code()).as(first.output()).isZero();
          assertThat(first.output()).startsWith("Created store-it-").contains("-profiles");
          Attune.Answer second = Attune.runAlone("store", "init", "--config", file);
          assertThat(second.code()).as(second.output()).isZero();
          assertThat(second.output().strip()).isEqualTo("All tables are there already.");

          try (Standalone standalone = Standalone.start(config)) {
            login(standalone.url());
            assertThat(isKnownOverGrpc(standalone, "u")).isTrue();
          }
          // It keeps them without us.
          try (Standalone standalone = Standalone.start(config)) {
            assertThat(isKnown(standalone.url(), "user_id:u")).isTrue();
          }
        });
  }

  @Test
  void dynamodb_withoutItsTables_saysWhatToDo() throws Exception {
    StandaloneConfig config =
        read(
            "{dynamodb: {region: eu-central-1, endpoint: \"%s\", table_prefix: store-it-%s}}"
                .formatted(DynamoBackend.shared().endpoint(), UUID.randomUUID()));
    withCredentials(
        () ->
            assertThatThrownBy(() -> Standalone.start(config).close())
                .isInstanceOf(Complaint.class)
                .hasMessageContaining("./attune store init"));
  }

  @Test
  void storeInit_whereNobodyListens_saysSoInOneSentence() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = free.getLocalPort();
      free.close();
      read("{dynamodb: {region: eu-central-1, endpoint: \"http://127.0.0.1:%d\"}}".formatted(port));
    }
    String file = folder.resolve("config.yaml").toString();
    withCredentials(
        () -> {
          Attune.Answer answer = Attune.runAlone("store", "init", "--config", file);
          assertThat(answer.code()).isEqualTo(1);
          assertThat(answer.output())
              .matches("attune: the tables could not be created: [^\n]+\\.\n")
              .doesNotContain("Exception");
        });
  }

  private StandaloneConfig read(String store) throws IOException {
    Path file = Files.writeString(folder.resolve("config.yaml"), "store: " + store + "\n");
    return StandaloneConfig.read(file, folder.resolve("data"))
        .withPorts(StandaloneConfig.Ports.FREE);
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Such as the AWS SDK looks for. The endpoint asks nobody who they are. */
  private static void withCredentials(Work work) throws Exception {
    Map<String, String> credentials = Map.of("aws.accessKeyId", "it", "aws.secretAccessKey", "it");
    credentials.forEach(System::setProperty);
    try {
      work.run();
    } finally {
      credentials.keySet().forEach(System::clearProperty);
    }
  }

  private static boolean isKnownOverGrpc(Standalone standalone, String userId)
      throws InterruptedException {
    try (Lookups lookups = new Lookups(standalone.ports().grpc())) {
      return lookups.find(new Identifier("user_id", userId)).orElseThrow().getTraitsList().stream()
          .anyMatch(trait -> trait.getValue().getText().equals("pro"));
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
