package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StandaloneConfigTest {
  private static final Path FOLDER = Path.of("/etc/attune");

  @Test
  void emptyFile_givesDefaults() {
    StandaloneConfig config = parse("{}");

    assertThat(config).isEqualTo(StandaloneConfig.of(StandaloneConfig.DATA_DIR));
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.ports()).isEqualTo(new StandaloneConfig.Ports(8080, 9090, 9092, 6390));
    assertThat(config.dataDir()).isEqualTo(Path.of(".attune/up"));
    assertThat(config.webhooksAllow()).isEmpty();
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
            models: {root: /srv/warehouse}
            webhooks: {allow: ["127.0.0.1:9999"]}
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
                Set.of("127.0.0.1:9999"),
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
        .hasMessageStartingWith("/nowhere/attune.yaml: cannot be read");
  }

  private static StandaloneConfig parse(String yaml) {
    return StandaloneConfig.parse(
        Yaml.parse("attune.yaml", yaml), FOLDER, StandaloneConfig.DATA_DIR);
  }

  private static StandaloneConfig read(String file) {
    return StandaloneConfig.read(Path.of(file), StandaloneConfig.DATA_DIR);
  }
}
