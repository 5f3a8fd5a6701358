package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.kafka.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class EvaluatorConfigTest {
  private static final Path STATE = Path.of("state");

  @Test
  void config_withoutAnythingSaid_hasDefaults() {
    EvaluatorConfig config = EvaluatorConfig.of(STATE);
    assertThat(config)
        .isEqualTo(
            new EvaluatorConfig(
                STATE, EvaluatorConfig.Clock.WALL, 1, Duration.ofMillis(500), "", false, 0));
    Properties streams = StreamsSettings.of(KafkaSettings.local("127.0.0.1:1"), config);
    assertThat(streams)
        .containsEntry("application.id", "attune.evaluator")
        .containsEntry("processing.guarantee", "exactly_once_v2")
        .containsEntry("commit.interval.ms", 500L)
        .doesNotContainKey("main.consumer.group.instance.id");
  }

  @Test
  void config_withEveryKeySet_isTaken() {
    EvaluatorConfig config =
        new EvaluatorConfig(
            STATE, EvaluatorConfig.Clock.TICKS, 3, Duration.ofMillis(100), "a-1", true, 1);
    Properties streams = StreamsSettings.of(KafkaSettings.local("127.0.0.1:1"), config);
    assertThat(streams)
        .containsEntry("num.stream.threads", 3)
        .containsEntry("num.standby.replicas", 1)
        .containsEntry("commit.interval.ms", 100L)
        .containsEntry("state.dir", "state")
        .containsEntry("main.consumer.group.instance.id", "a-1");
  }

  @Test
  void config_outOfBounds_isRefused() {
    Duration commit = Duration.ofMillis(25);
    var wall = EvaluatorConfig.Clock.WALL;
    assertThatThrownBy(() -> new EvaluatorConfig(STATE, wall, 0, commit, "", false, 0))
        .hasMessage("threads: 0 (allowed: 1-64)");
    assertThatThrownBy(
            () -> new EvaluatorConfig(STATE, wall, 1, Duration.ofMillis(1), "", false, 0))
        .hasMessage("commitInterval: 1 ms (allowed: 5-10000)");
    assertThatThrownBy(() -> new EvaluatorConfig(STATE, wall, 1, commit, "Ä", false, 0))
        .hasMessage("instanceId: (allowed: a-z, 0-9, . and -, at most 64)");
    assertThatThrownBy(() -> EvaluatorConfig.of(STATE).withStandbys(4))
        .hasMessage("standbys: 4 (allowed: 0-3)");
  }
}
