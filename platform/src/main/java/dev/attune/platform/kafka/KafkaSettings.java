package dev.attune.platform.kafka;

/**
 * Where Kafka is and which topics are ours.
 *
 * @param bootstrapServers {@code host:port}, comma-separated
 * @param replication replicas of each topic that Attune creates
 * @param partitions of each topic that is spread by key
 */
public record KafkaSettings(
    String bootstrapServers, Topics topics, short replication, int partitions) {
  /** Partitions when nothing else is said: enough for two cores, few enough to restore quickly. */
  public static final int PARTITIONS = 4;

  /** One broker, default partitions. */
  public static KafkaSettings local(String bootstrapServers) {
    return new KafkaSettings(bootstrapServers, new Topics("attune"), (short) 1, PARTITIONS);
  }

  /** The same broker with topics of a job's own. */
  public KafkaSettings withTopics(Topics topics) {
    return new KafkaSettings(bootstrapServers, topics, replication, partitions);
  }
}
