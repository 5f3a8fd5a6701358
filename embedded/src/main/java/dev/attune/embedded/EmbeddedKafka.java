package dev.attune.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.EligibleLeaderReplicasVersion;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Kafka node, broker and controller at once, inside this process. It listens on loopback only.
 * Its state lies in a directory and survives a restart and a kill; the cluster id stays.
 */
public final class EmbeddedKafka implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedKafka.class);

  private static final int NODE = 1;
  private static final int START_ATTEMPTS_MAX = 5;

  private final DirectoryLock lock;
  private final KafkaRaftServer server;
  private final int port;
  private final String clusterId;

  private EmbeddedKafka(DirectoryLock lock, KafkaRaftServer server, int port, String clusterId) {
    this.lock = lock;
    this.server = server;
    this.port = port;
    this.clusterId = clusterId;
  }

  /**
   * Starts the broker and returns once it serves.
   *
   * @param directory of its data; created and formatted the first time
   * @param port for clients, 0 for any free one
   * @throws PortTakenException when somebody listens on that port
   * @throws NewerKafkaException when the directory was written by one
   * @throws IllegalStateException when the directory is in use
   */
  public static EmbeddedKafka start(Path directory, int port) {
    DirectoryLock lock = DirectoryLock.acquire(directory);
    try {
      Path logs = directory.resolve("log");
      String clusterId = format(logs);
      return startFormatted(lock, logs, clusterId, port);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Where clients find it, {@code host:port}. */
  public String bootstrapServers() {
    return Ports.LOOPBACK + ":" + port;
  }

  /** The port for clients. */
  public int port() {
    return port;
  }

  /** Made when the directory was formatted, the same ever after. */
  public String clusterId() {
    return clusterId;
  }

  /** Stops it cleanly, so that the next start need not recover. */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
    lock.close();
  }

  private static EmbeddedKafka startFormatted(
      DirectoryLock lock, Path logs, String clusterId, int port) {
    for (int attempt = 1; ; attempt++) {
      if (port != 0 && !Ports.isFree(port)) {
        throw new PortTakenException("Kafka", port);
      }
      int clientPort = port == 0 ? Ports.anyFree() : port;
      var server =
          new KafkaRaftServer(
              new KafkaConfig(config(logs, clientPort, freeBeside(clientPort)), false),
              Time.SYSTEM);
      try {
        server.startup();
        return new EmbeddedKafka(lock, server, clientPort, clusterId);
      } catch (RuntimeException e) {
        server.shutdown();
        server.awaitShutdown();
        // Somebody was faster at a port that had been free: take others, or say whose it is.
        if (!causedByBind(e) || attempt == START_ATTEMPTS_MAX) {
          throw e;
        }
        log.info("A port was taken meanwhile, starting Kafka again");
      }
    }
  }

  // The clients' port is free still: it may be the very one that the system offers.
  private static int freeBeside(int port) {
    int free = Ports.anyFree();
    while (free == port) {
      free = Ports.anyFree();
    }
    return free;
  }

  private static boolean causedByBind(@Nullable Throwable error) {
    return error != null && (error instanceof BindException || causedByBind(error.getCause()));
  }

  /** Formats the directory if that was not done before, and returns its cluster id. */
  private static String format(Path logs) {
    Path metaProperties = logs.resolve("meta.properties");
    try {
      if (!Files.exists(metaProperties)) {
        Files.createDirectories(logs);
        new Formatter()
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setNodeId(NODE)
            .setClusterId(Uuid.randomUuid().toString())
            .addDirectory(logs.toString())
            .setMetadataLogDirectory(logs.toString())
            .setControllerListenerName("CONTROLLER")
            .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
            .setReleaseVersion(MetadataVersion.latestProduction())
            // After a kill, this feature takes the only replica out of its own in-sync set.
            .setFeatureLevel(EligibleLeaderReplicasVersion.FEATURE_NAME, (short) 0)
            .run();
      }
      refuseNewer(logs);
      Properties properties = new Properties();
      try (var reader = Files.newBufferedReader(metaProperties)) {
        properties.load(reader);
      }
      return properties.getProperty("cluster.id");
    } catch (IOException e) {
      throw new UncheckedIOException("Kafka's directory " + logs + " cannot be used.", e);
    } catch (NewerKafkaException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("Kafka's directory " + logs + " cannot be formatted.", e);
    }
  }

  // A broker that meets what it cannot read ends the process without a word.
  private static void refuseNewer(Path logs) throws Exception {
    int written =
        new BootstrapDirectory(logs.toString()).read().featureLevel(MetadataVersion.FEATURE_NAME);
    int readable = MetadataVersion.latestProduction().featureLevel();
    if (written > readable) {
      throw new NewerKafkaException(logs, written, readable);
    }
  }

  /** Everything small: one node, a handful of topics, two cores shared with the rest of Attune. */
  private static Map<String, String> config(Path logs, int clientPort, int controllerPort) {
    Map<String, String> config = new HashMap<>();
    config.put("node.id", String.valueOf(NODE));
    config.put("process.roles", "broker,controller");
    config.put(
        "listeners",
        "CLIENT://%s:%d,CONTROLLER://%s:%d"
            .formatted(Ports.LOOPBACK, clientPort, Ports.LOOPBACK, controllerPort));
    config.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    config.put("inter.broker.listener.name", "CLIENT");
    config.put("controller.listener.names", "CONTROLLER");
    // Static voters: their endpoint is not stored, so it may change from start to start.
    config.put("controller.quorum.voters", NODE + "@" + Ports.LOOPBACK + ":" + controllerPort);
    config.put("log.dirs", logs.toString());
    config.put("auto.create.topics.enable", "false");

    config.put("default.replication.factor", "1");
    config.put("min.insync.replicas", "1");
    config.put("offsets.topic.replication.factor", "1");
    config.put("offsets.topic.num.partitions", "4");
    config.put("transaction.state.log.replication.factor", "1");
    config.put("transaction.state.log.min.isr", "1");
    config.put("transaction.state.log.num.partitions", "4");
    // A transaction's first record waits until the markers of the one before are written; asking
    // again only after the default of 20 ms would be most of what a short transaction takes.
    config.put("add.partitions.to.txn.retry.backoff.ms", "2");
    config.put("share.coordinator.state.topic.replication.factor", "1");
    config.put("share.coordinator.state.topic.min.isr", "1");
    config.put("share.coordinator.state.topic.num.partitions", "1");
    config.put("group.initial.rebalance.delay.ms", "0");

    // A killed broker's registration stands in the way of its successor for this long.
    config.put("broker.session.timeout.ms", "3000");
    config.put("broker.heartbeat.interval.ms", "500");

    config.put("num.network.threads", "2");
    config.put("num.io.threads", "4");
    config.put("num.replica.fetchers", "1");
    config.put("num.recovery.threads.per.data.dir", "2");
    config.put("background.threads", "2");
    config.put("group.coordinator.threads", "1");
    config.put("share.coordinator.threads", "1");
    config.put("log.cleaner.threads", "1");
    // Holds 300,000 keys a pass; a log with more is compacted in several.
    config.put("log.cleaner.dedupe.buffer.size", String.valueOf(8 << 20));
    config.put("log.cleaner.io.buffer.size", String.valueOf(256 << 10));

    config.put("log.segment.bytes", String.valueOf(64 << 20));
    config.put("log.index.size.max.bytes", String.valueOf(512 << 10));
    config.put("offsets.topic.segment.bytes", String.valueOf(16 << 20));
    config.put("transaction.state.log.segment.bytes", String.valueOf(16 << 20));
    config.put("metadata.log.segment.bytes", String.valueOf(16 << 20));
    return config;
  }
}
