package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.FlipLimit;
import dev.attune.dispatcher.send.Proxy;
import dev.attune.profiles.NearCacheConfig;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.snapshot.S3Settings;
import dev.attune.refresher.stream.RegistryConfig;
import dev.attune.store.redis.RedisTls;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandaloneConfigTest {
  private static final Path FOLDER = Path.of("/etc/attune");

  @Test
  void emptyFile_givesDefaults() {
    StandaloneConfig config = parse("{}");

    assertThat(config).isEqualTo(StandaloneConfig.of(StandaloneConfig.DATA_DIR));
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.ports()).isEqualTo(new StandaloneConfig.Ports(8080, 9090, 9092, 6390));
    assertThat(config.dataDir()).isEqualTo(Path.of(".attune/up"));
    assertThat(config.store()).isEqualTo(new StoreConfig.OwnRedis());
    assertThat(config.webhooksAllow()).isEmpty();
    assertThat(config.webhooksHoldAbove()).isEqualTo(FlipLimit.DEFAULT);
    assertThat(config.partitions()).isEqualTo(4);
    assertThat(config.drain()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void everyKeySet_isRead() {
    StandaloneConfig config =
        parse(
            """
            host: 0.0.0.0
            ports: {http: 1, grpc: 2, kafka: 3, redis: 0}
            data_dir: state
            models: {root: /srv/warehouse, drivers: jdbc}
            s3: {endpoint: "https://minio:9000", region: eu-central-1, path_style: true, disk_megabytes: 9}
            store: memory
            near_cache: {megabytes: 8, max_age: 500ms}
            webhooks: {allow: ["127.0.0.1:9999"], hold_above: 20%, proxy: "http://proxy.example:3128"}
            collector: {write_keys: {web: k1}, origins: ["https://shop.example"]}
            schema_registry: {url: "https://registry.example/api"}
            partitions: 8
            drain: 30s
            """);

    assertThat(config)
        .isEqualTo(
            new StandaloneConfig(
                "0.0.0.0",
                new StandaloneConfig.Ports(1, 2, 3, 0),
                Path.of("/etc/attune/state"),
                Path.of("/srv/warehouse"),
                Optional.of(Path.of("/etc/attune/jdbc")),
                new S3Settings("eu-central-1", "https://minio:9000", true, 9),
                new StoreConfig.Memory(),
                Optional.of(new NearCacheConfig(8 << 20, Duration.ofMillis(500))),
                Set.of("127.0.0.1:9999"),
                new FlipLimit(0.2),
                Optional.of(new Proxy("proxy.example", 3_128)),
                new CollectorConfig(Map.of("web", "k1"), Set.of("https://shop.example"), true),
                Optional.of(new RegistryConfig(URI.create("https://registry.example/api"), "", "")),
                8,
                Duration.ofSeconds(30)));
  }

  @Test
  void onePort_leavesTheOthersAlone() {
    assertThat(parse("ports: {http: 0}").ports())
        .isEqualTo(new StandaloneConfig.Ports(0, 9090, 9092, 6390));
  }

  // A typo that is ignored becomes a system that does not do what its operator believes.
  @Test
  void unknownKey_isRefusedWithTheNearestName() {
    assertThatThrownBy(() -> parse("ports: {htpp: 80}"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("attune.yaml:1:9: unknown key \"htpp\"; did you mean \"http\"?");
  }

  @Test
  void portBeyondItsBounds_isRefused() {
    assertThatThrownBy(() -> parse("ports: {http: 65536}"))
        .hasMessageContaining("\"65536\" is not a whole number from 0 to 65535");
  }

  @Test
  void proxyThatCannotBe_isRefusedWithoutWhatWasWritten() {
    for (String proxy :
        new String[] {
          "proxy.example:3128",
          "https://proxy.example:3128",
          "http://proxy.example",
          "http://me:hunter2@proxy.example:3128",
          "http://proxy.example:3128/path"
        }) {
      assertThatThrownBy(() -> parse("webhooks: {proxy: \"" + proxy + "\"}"))
          .isInstanceOf(DefinitionException.class)
          .hasMessage(
              "attune.yaml:1:19: not the address of a proxy (allowed: http://HOST:PORT, without a"
                  + " user)")
          .hasMessageNotContaining("hunter2");
    }
  }

  // Credentials go to the endpoint: what does not look like one is not guessed at.
  @Test
  void s3_thatCannotBe_isRefusedWithoutWhatWasWritten() {
    for (String endpoint :
        new String[] {"minio:9000", "ftp://minio", "http://me:hunter2@minio", "http://minio/b?c"}) {
      assertThatThrownBy(() -> parse("s3: {endpoint: \"" + endpoint + "\"}"))
          .isInstanceOf(DefinitionException.class)
          .hasMessageContaining("endpoint: not an address (allowed: http://host:port")
          .hasMessageNotContaining("hunter2");
    }
    assertThatThrownBy(() -> parse("s3: {region: Frankfurt am Main}"))
        .hasMessageContaining("region: not a region's name");
    assertThatThrownBy(() -> parse("s3: {secret_key: hunter2}"))
        .hasMessageContaining("unknown key \"secret_key\"")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void loopback_isRecognised() {
    assertThat(parse("{}").isLoopback()).isTrue();
    assertThat(parse("host: localhost").isLoopback()).isTrue();
    assertThat(parse("host: ::1").isLoopback()).isTrue();
    assertThat(parse("host: 0.0.0.0").isLoopback()).isFalse();
    assertThat(parse("host: 127.0.0.1.example.com").isLoopback()).isFalse();
  }

  @Test
  void missingFile_isOneSentence() {
    assertThatThrownBy(() -> read("/nowhere/attune.yaml"))
        .isInstanceOf(DefinitionException.class)
        .hasMessage("/nowhere/attune.yaml: cannot be read (there is no such file)");
  }

  @Test
  void store_eachKind_isRead() {
    assertThat(parse("store: redis").store()).isEqualTo(new StoreConfig.OwnRedis());
    assertThat(parse("store: memory").store().forgets()).isTrue();
    assertThat(
            parse("store: {redis: {host: r, port: 7, username: u, password_file: p, tls: true}}")
                .store())
        .isEqualTo(
            new StoreConfig.Redis(
                List.of("r:7"), false, "u", Optional.of(Path.of("/etc/attune/p")), RedisTls.ON));
    assertThat(parse("store: {redis: {host: r}}").store())
        .isEqualTo(
            new StoreConfig.Redis(List.of("r:6379"), false, "", Optional.empty(), RedisTls.OFF));
    assertThat(parse("store: {redis: {cluster: [\"a:1\", \"b:2\"]}}").store())
        .isEqualTo(
            new StoreConfig.Redis(List.of("a:1", "b:2"), true, "", Optional.empty(), RedisTls.OFF));
    assertThat(
            parse(
                    "store: {redis: {host: r, tls: {authorities_file: ca.pem, certificate_file:"
                        + " /c.pem, key_file: k.pem}}}")
                .store())
        .isEqualTo(
            new StoreConfig.Redis(
                List.of("r:6379"),
                false,
                "",
                Optional.empty(),
                new RedisTls(true, "/etc/attune/ca.pem", "/c.pem", "/etc/attune/k.pem")));
    assertThat(parse("store: {dynamodb: {region: eu-central-1}}").store())
        .isEqualTo(new StoreConfig.Dynamodb("eu-central-1", "", "attune"));
    assertThat(
            parse("store: {dynamodb: {region: x, endpoint: \"http://h:1\", table_prefix: p}}")
                .store())
        .isEqualTo(new StoreConfig.Dynamodb("x", "http://h:1", "p"));
  }

  // People copy from there.
  @Test
  void sampleOfTheReadme_withEachOfItsStores_isAccepted() throws IOException {
    String readme = Files.readString(Path.of("..", "..", "README.md"));
    String sample = readme.replaceFirst("(?s).*```yaml\n(# \\./attune up.*?)```.*", "$1");
    List<String> stores =
        sample
            .lines()
            .filter(line -> line.startsWith("#      {"))
            .map(line -> line.substring(1))
            .toList();
    assertThat(parse(sample)).isNotNull();
    assertThat(stores)
        .hasSize(3)
        .map(store -> parse(sample.replaceFirst("(?m)^store:.*$", "store: " + store)).store())
        .doesNotContain(new StoreConfig.OwnRedis());
  }

  @Test
  void nearCache_isReadInPart_andOffWhereTheStoreIsOnThisMachine() {
    assertThat(parse("near_cache: off").nearCache()).contains(NearCacheConfig.OFF);
    assertThat(parse("near_cache: {max_age: 1s}").nearCache())
        .contains(new NearCacheConfig(64 << 20, Duration.ofSeconds(1)));
    assertThat(parse("{}").nearCache()).isEmpty();

    assertThat(parse("{}").store().nearCache().isOff()).isTrue();
    assertThat(parse("store: {redis: {host: r}}").store().nearCache())
        .isEqualTo(NearCacheConfig.DEFAULT);
    refused("near_cache: on", "\"on\" is not allowed; did you mean \"off\"?");
    refused("near_cache: {megabytes: 0}", "\"0\" is not a whole number from 1 to 1048576");
    refused("near_cache: {max_age: 2m}", "is out of bounds (allowed: 10ms to 60s)");
  }

  @Test
  void store_notUnderstood_isRefusedWithOneSentence() {
    refused("store: reddis", "\"reddis\" is not allowed; did you mean \"redis\"?");
    refused("store: dynamodb", "dynamodb needs its region");
    refused("store: {redis: {hots: r}}", "unknown key \"hots\"; did you mean \"host\"?");
    refused("store: {redis: {port: 1}}", "the key \"host\" is missing");
    refused("store: {redis: {host: r, port: 0}}", "is not a whole number from 1 to 65535");
    refused("store: {redis: {host: r, username: u}}", "a username and no password_file");
    refused("store: {redis: {host: r, cluster: [\"a:1\"]}}", "both a host and a cluster");
    refused("store: {redis: {cluster: [\"a\"]}}", "not an address (expected: host:port)");
    refused("store: {redis: {cluster: []}}", "0 servers (expected: 1-32)");
    refused("store: {redis: {host: r, tls: {ca: x}}}", "unknown key \"ca\"");
    refused(
        "store: {redis: {host: r, tls: {key_file: x}}}",
        "a certificate and its key belong together");
    refused("store: {dynamodb: {}}", "the key \"region\" is missing");
    refused("store: {redis: {}, memory: {}}", "2 stores (expected: one of");
    refused("store: {memory: {size: 1}}", "unknown key \"size\"");
  }

  @Test
  void writeKeys_inAFile_areReadAndNeverPrinted(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("server.key"), "secret-1\n");
    StandaloneConfig config =
        StandaloneConfig.parse(
            Yaml.parse(
                "attune.yaml",
                "collector: {write_keys: {web: public-1, server: {file: server.key}}}"),
            folder,
            StandaloneConfig.DATA_DIR);
    assertThat(config.collector().writeKeys())
        .isEqualTo(Map.of("web", "public-1", "server", "secret-1"));
    assertThat(config.toString()).doesNotContain("public-1", "secret-1");
  }

  @Test
  void collector_notUnderstood_isRefusedWithOneSentence() {
    refused("collector: {write_key: {}}", "did you mean \"write_keys\"?");
    refused("collector: {write_keys: {Web: k}}", "write_keys: a name that is not allowed");
    refused("collector: {write_keys: {web: \"a:b\"}}", "write_keys.web: not a key");
    refused("collector: {write_keys: {a: k, b: k}}", "two names have the same key");
    refused("collector: {write_keys: {a: {file: nowhere}}}", "cannot be read");
    refused("collector: {origins: [shop.example]}", "origins: not an origin");
    refused("collector: {origins: [\"https://shop.example/\"]}", "origins: not an origin");
  }

  @Test
  void passwordOfARegistry_isReadFromAFileAndNeverPrinted(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("registry.key"), "secret-2\n");
    StandaloneConfig config =
        StandaloneConfig.parse(
            Yaml.parse(
                "attune.yaml",
                "schema_registry: {url: \"http://h:8081\", user: u, password: {file:"
                    + " registry.key}}"),
            folder,
            StandaloneConfig.DATA_DIR);
    assertThat(config.registry().orElseThrow().password()).isEqualTo("secret-2");
    assertThat(config.toString()).doesNotContain("secret-2");
  }

  @Test
  void registry_notUnderstood_isRefusedWithOneSentence() {
    refused("schema_registry: {uri: a}", "did you mean \"url\"?");
    refused("schema_registry: {url: \"ftp://h\"}", "url: not one of a schema registry");
    refused("schema_registry: {url: \"http://u:p@h\"}", "url: not one of a schema registry");
    refused("schema_registry: {url: \"http://h\", user: u}", "both or neither");
    refused(
        "schema_registry: {url: \"http://h\", user: u, password: secret}",
        "allowed: {env: NAME}, {file: PATH}");
    refused(
        "schema_registry: {url: \"http://h\", user: u, password: {file: nowhere}}",
        "cannot be read");
  }

  private static void refused(String yaml, String sentence) {
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("attune.yaml:1:")
        .hasMessageContaining(sentence);
  }

  private static StandaloneConfig parse(String yaml) {
    return StandaloneConfig.parse(
        Yaml.parse("attune.yaml", yaml), FOLDER, StandaloneConfig.DATA_DIR);
  }

  private static StandaloneConfig read(String file) {
    return StandaloneConfig.read(Path.of(file), StandaloneConfig.DATA_DIR);
  }
}
