package dev.attune.testkit;

/**
 * A real Kafka for tests, on loopback. Its topics are not created by themselves. Tests share one
 * and keep apart by unique names.
 */
public interface KafkaBackend extends AutoCloseable {
  /** {@code host:port}. */
  String bootstrapServers();

  @Override
  void close();

  /** The one of this JVM, started when first asked for and stopped with it. */
  static KafkaBackend shared() {
    return Shared.KAFKA.get();
  }

  /** One of the test's own, with no data. */
  static KafkaBackend start() {
    return new LocalKafka();
  }
}
