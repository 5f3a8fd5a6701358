package dev.attune.dispatcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.platform.kafka.KafkaSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamsSettingsTest {
  private static final String UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

  @TempDir Path state;

  @Test
  void instanceId_isKeptWithTheState() throws Exception {
    String first = instanceId();
    assertThat(first).matches(UUID);
    assertThat(instanceId()).isEqualTo(first);
    try (Stream<Path> files = Files.list(state)) {
      assertThat(files).containsExactly(state.resolve("instance-id"));
    }
  }

  // What a crash or a full disk may leave must not keep the dispatcher from starting.
  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "0b51", "no id at all\n"})
  void instanceId_thatIsNone_isWrittenAnew(String content) throws Exception {
    Files.writeString(state.resolve("instance-id"), content);
    String first = instanceId();
    assertThat(first).matches(UUID);
    assertThat(instanceId()).isEqualTo(first);
  }

  private String instanceId() {
    return String.valueOf(
        StreamsSettings.of(KafkaSettings.local("127.0.0.1:1"), DispatcherConfig.of(state, "9.9"))
            .get(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG)));
  }
}
