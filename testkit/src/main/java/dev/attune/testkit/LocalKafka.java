package dev.attune.testkit;

import dev.attune.embedded.EmbeddedKafka;
import java.nio.file.Path;

/** The embedded broker. */
final class LocalKafka implements KafkaBackend {
  private final Path directory = TemporaryDirectory.create("kafka");
  private final EmbeddedKafka kafka = EmbeddedKafka.start(directory, 0);

  @Override
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  @Override
  public void close() {
    kafka.close();
    TemporaryDirectory.delete(directory);
  }
}
