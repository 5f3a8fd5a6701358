package dev.attune.dispatcher;

import dev.attune.dispatcher.state.RocksDbLimits;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** Kafka Streams set up for low latency, little memory and quick restarts. */
final class StreamsSettings {
  private static final Pattern INSTANCE_ID =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  private StreamsSettings() {}

  static Properties of(KafkaSettings kafka, DispatcherConfig config) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, kafka.topics().group("dispatcher"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDirectory().toString());
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) kafka.replication());
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    settings.put(StreamsConfig.POLL_MS_CONFIG, 5L);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbLimits.class);
    settings.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    // Transitions and changes of a partition are rendered as they come, in no order between them.
    settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    // Every task is taken at once, restored or not: there is no second copy to warm up.
    settings.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, Long.MAX_VALUE);
    consumer(settings, ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consumer(settings, ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 100);
    consumer(settings, ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    // A process that comes back with its state directory is the same member: it goes on at once
    // instead of waiting until the group has given its predecessor up.
    consumer(
        settings, ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instanceId(config.stateDirectory()));
    consumer(settings, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    consumer(settings, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 3_000);
    // Nothing is read before the commit, which sends all that still lingers: a request earlier
    // would only cost the broker its while.
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG),
        config.commitInterval().toMillis());
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 16L << 20);
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG),
        KafkaClients.TRANSACTION_RETRY_MILLIS);
    return settings;
  }

  private static void consumer(Properties settings, String key, Object value) {
    settings.put(StreamsConfig.mainConsumerPrefix(key), value);
  }

  // Written whole or not at all. What is none, as a crash or a full disk may leave it, is replaced:
  // that costs a wait for the group, and a file that stops every start would cost all deliveries.
  private static String instanceId(Path stateDirectory) {
    Path file = stateDirectory.resolve("instance-id");
    try {
      Files.createDirectories(stateDirectory);
      if (Files.exists(file)) {
        String kept = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        if (INSTANCE_ID.matcher(kept).matches()) {
          return kept;
        }
      }
      String id = UUID.randomUUID().toString();
      Path whole = stateDirectory.resolve("instance-id.new");
      Files.writeString(whole, id);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
      return id;
    } catch (IOException e) {
      throw new UncheckedIOException("the state directory " + stateDirectory + " is not usable", e);
    }
  }
}
