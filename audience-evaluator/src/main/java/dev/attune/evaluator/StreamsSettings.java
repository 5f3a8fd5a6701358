package dev.attune.evaluator;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Streams set up for short waits, exactly-once transactions and little memory. */
final class StreamsSettings {
  private StreamsSettings() {}

  static Properties of(KafkaSettings kafka, EvaluatorConfig config) {
    var properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId(kafka));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDirectory().toString());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    properties.put(StreamsConfig.POLL_MS_CONFIG, 10L);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) kafka.replication());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
    properties.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbys());
    if (config.standbys() == 0) {
      // Every task is taken at once, restored or not: there is no second copy to warm up.
      properties.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, Long.MAX_VALUE);
    }

    consumer(properties, ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consumer(properties, ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    consumer(properties, ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 << 20);
    consumer(properties, ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 2 << 20);
    consumer(properties, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1_000);
    consumer(properties, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    consumer(properties, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 3_000);
    if (!config.instanceId().isEmpty()) {
      properties.put(
          StreamsConfig.MAIN_CONSUMER_PREFIX + ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
          config.instanceId());
    }
    // Nothing is read before the commit, which sends all that still lingers: a request earlier
    // would only cost the broker its while.
    producer(properties, ProducerConfig.LINGER_MS_CONFIG, config.commitInterval().toMillis());
    producer(properties, ProducerConfig.BUFFER_MEMORY_CONFIG, 16L << 20);
    producer(properties, ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 30_000);
    producer(
        properties, ProducerConfig.RETRY_BACKOFF_MS_CONFIG, KafkaClients.TRANSACTION_RETRY_MILLIS);
    // Changelogs are read whole when a store is lost; small segments are compacted sooner.
    properties.put(
        StreamsConfig.topicPrefix(TopicConfig.SEGMENT_BYTES_CONFIG), String.valueOf(64 << 20));
    return properties;
  }

  static String applicationId(KafkaSettings kafka) {
    return kafka.topics().evaluatorGroup();
  }

  private static void consumer(Properties properties, String key, Object value) {
    properties.put(StreamsConfig.consumerPrefix(key), value);
  }

  private static void producer(Properties properties, String key, Object value) {
    properties.put(StreamsConfig.producerPrefix(key), value);
  }
}
