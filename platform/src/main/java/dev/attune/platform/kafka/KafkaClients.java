package dev.attune.platform.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka clients set up for us: nothing acknowledged is lost, little is waited for, and every buffer
 * has a limit. The maps may be changed by who asked for them.
 */
public final class KafkaClients {
  /** Longest that a record may take until the log has it for good, retries included. */
  public static final int DELIVERY_MILLIS_MAX = 30_000;

  /** Longest that one request to a broker may take. */
  public static final int REQUEST_MILLIS_MAX = 10_000;

  /**
   * How long a record waits for others to share its request. A request costs the broker as much as
   * a hundred records.
   */
  private static final int LINGER_MILLIS = 2;

  /**
   * How soon a producer asks again whether its next transaction may begin. For some milliseconds
   * after a commit its coordinator answers that the one before still ends, and Kafka's usual 100 ms
   * would make each of two commits in a row that late (KAFKA-20000).
   */
  public static final int TRANSACTION_RETRY_MILLIS = 5;

  /** Largest record, in bytes. */
  public static final int RECORD_BYTES_MAX = 1 << 20;

  /** Most that a consumer fetches at a time, in bytes. */
  public static final int FETCH_BYTES_MAX = 8 << 20;

  private KafkaClients() {}

  /**
   * A producer whose sends complete once all in-sync replicas have them, each once and in order.
   *
   * @param clientId names the client in the broker's logs and metrics
   */
  public static Map<String, Object> producerProperties(KafkaSettings settings, String clientId) {
    Map<String, Object> properties = common(settings, clientId);
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // Batches are small where latency counts, and setting up a compressor costs more than it
    // spares.
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_MILLIS_MAX);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, REQUEST_MILLIS_MAX);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, RECORD_BYTES_MAX);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 16L << 20);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, 64 << 10);
    return properties;
  }

  /**
   * As {@link #producerProperties}, for transactions.
   *
   * @param transactionalId a new producer with the same id fences the older one
   */
  public static Map<String, Object> transactionalProducerProperties(
      KafkaSettings settings, String clientId, String transactionalId) {
    Map<String, Object> properties = producerProperties(settings, clientId);
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, DELIVERY_MILLIS_MAX);
    properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, TRANSACTION_RETRY_MILLIS);
    return properties;
  }

  /**
   * A consumer without a group that sees committed records only, soon after they are written, and
   * starts where there is nothing else said at the beginning. It commits no offset by itself.
   */
  public static Map<String, Object> consumerProperties(KafkaSettings settings, String clientId) {
    Map<String, Object> properties = common(settings, clientId);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES_MAX);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 2 << 20);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MILLIS_MAX);
    return properties;
  }

  /**
   * As {@link #consumerProperties(KafkaSettings, String)}, in a group.
   *
   * @param group e.g. {@code topics.group("refresher")}
   */
  public static Map<String, Object> consumerProperties(
      KafkaSettings settings, String clientId, String group) {
    Map<String, Object> properties = consumerProperties(settings, clientId);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    // Three heartbeats; after a kill the group waits this long before another member takes over.
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 3_000);
    return properties;
  }

  /** A producer of bytes; see {@link #producerProperties}. */
  public static Producer<byte[], byte[]> producer(KafkaSettings settings, String clientId) {
    return new KafkaProducer<>(producerProperties(settings, clientId));
  }

  /** A consumer of bytes without a group. */
  public static Consumer<byte[], byte[]> consumer(KafkaSettings settings, String clientId) {
    return new KafkaConsumer<>(consumerProperties(settings, clientId));
  }

  /** A consumer of bytes in a group. */
  public static Consumer<byte[], byte[]> consumer(
      KafkaSettings settings, String clientId, String group) {
    return new KafkaConsumer<>(consumerProperties(settings, clientId, group));
  }

  /** An administrator with bounded requests. */
  public static Admin admin(KafkaSettings settings, String clientId) {
    Map<String, Object> properties = common(settings, clientId);
    properties.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, REQUEST_MILLIS_MAX);
    return Admin.create(properties);
  }

  private static Map<String, Object> common(KafkaSettings settings, String clientId) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
    properties.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS_MAX);
    properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 50);
    properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
    properties.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, 50);
    // Metrics go out through Micrometer; nothing is sent to the broker.
    properties.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    return properties;
  }
}
