package dev.attune.store.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.channel.EventLoop;
import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How the driver is set up: bounded, and never repeating a command by itself. */
final class RedisDriver {
  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);

  private RedisDriver() {}

  static ClientResources resources(RedisSettings settings) {
    return ClientResources.builder()
        .ioThreadPoolSize(2)
        .computationThreadPoolSize(2)
        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
        .nettyCustomizer(new OneFlushForEachTurn())
        .reconnectDelay(reconnectDelay(settings))
        .build();
  }

  /** The same, with everything on one loop of somebody else's. */
  static ClientResources resources(RedisSettings settings, ClientResources own, EventLoop loop) {
    return ClientResources.builder()
        .eventLoopGroupProvider(new Loops.Borrowed(loop))
        .eventExecutorGroup(own.eventExecutorGroup())
        .timer(own.timer())
        .eventBus(own.eventBus())
        .commandLatencyRecorder(CommandLatencyRecorder.disabled())
        .nettyCustomizer(new OneFlushForEachTurn())
        .reconnectDelay(reconnectDelay(settings))
        .build();
  }

  private static Delay reconnectDelay(RedisSettings settings) {
    return Delay.exponential(
        Duration.ofMillis(10), settings.reconnectDelayMax(), 2, TimeUnit.MILLISECONDS);
  }

  /**
   * Opens nothing yet.
   *
   * @throws IllegalArgumentException when a file for the encryption cannot be read
   */
  static ClusterClientOptions options(RedisSettings settings) {
    var options = ClusterClientOptions.builder();
    configure(options, settings);
    return options.build();
  }

  static RedisClient client(ClientOptions options, ClientResources resources) {
    RedisClient client = RedisClient.create(resources);
    client.setOptions(options);
    return client;
  }

  /** For a look at the cluster's nodes, of which each is asked over a short connection. */
  static RedisClusterClient clusterClient(
      RedisSettings settings, ClusterClientOptions options, ClientResources resources) {
    List<RedisURI> seeds =
        settings.servers().stream().map(server -> uri(settings, server)).toList();
    RedisClusterClient client = RedisClusterClient.create(resources, seeds);
    client.setOptions(options);
    return client;
  }

  private static void configure(ClientOptions.Builder options, RedisSettings settings) {
    options
        .protocolVersion(ProtocolVersion.RESP2)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .autoReconnect(true)
        // Also fails what was on its way when the connection broke. Repeated, as the driver would
        // by default, a write might come after its caller was told that it failed.
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(settings.queueMax())
        .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(settings.connectTimeout())
                .keepAlive(true)
                .tcpNoDelay(true)
                .build());
    if (settings.tls().enabled()) {
      options.sslOptions(ssl(settings));
    }
  }

  private static SslOptions ssl(RedisSettings settings) {
    RedisTls tls = settings.tls();
    var ssl = SslOptions.builder().jdkSslProvider().handshakeTimeout(settings.connectTimeout());
    if (!tls.authoritiesFile().isEmpty()) {
      ssl.trustManager(readable("authoritiesFile", tls.authoritiesFile()));
    }
    if (!tls.certificateFile().isEmpty()) {
      ssl.keyManager(
          readable("certificateFile", tls.certificateFile()),
          readable("keyFile", tls.keyFile()),
          new char[0]);
    }
    return ssl.build();
  }

  private static File readable(String name, String path) {
    var file = new File(path);
    if (!file.canRead()) {
      throw new IllegalArgumentException(name + ": " + path + " cannot be read");
    }
    return file;
  }

  static RedisURI uri(RedisSettings settings, RedisAddress server) {
    var uri =
        RedisURI.Builder.redis(server.host(), server.port())
            .withSsl(settings.tls().enabled())
            .withVerifyPeer(SslVerifyMode.FULL)
            .withTimeout(settings.connectTimeout());
    if (!settings.username().isEmpty()) {
      uri.withAuthentication(settings.username(), settings.password());
    } else if (!settings.password().isEmpty()) {
      uri.withPassword(settings.password().toCharArray());
    }
    RedisURI built = uri.build();
    // Redis before 7.2 answers the introduction (CLIENT SETINFO) with an error.
    built.setLibraryName("");
    built.setLibraryVersion("");
    return built;
  }

  static void close(AbstractRedisClient client) {
    client.shutdown(Duration.ZERO, CLOSE_MAX);
  }

  static void close(ClientResources resources) {
    resources
        .shutdown(0, CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSE_MAX.toMillis());
  }
}
