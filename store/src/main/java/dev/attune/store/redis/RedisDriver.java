package dev.attune.store.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
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
        .reconnectDelay(
            Delay.exponential(
                Duration.ofMillis(10), settings.reconnectDelayMax(), 2, TimeUnit.MILLISECONDS))
        .build();
  }

  static RedisClient client(RedisSettings settings, ClientResources resources) {
    RedisClient client = RedisClient.create(resources);
    client.setOptions(
        ClientOptions.builder()
            .protocolVersion(ProtocolVersion.RESP2)
            .maintNotificationsConfig(MaintNotificationsConfig.disabled())
            .autoReconnect(true)
            // Also fails what was on its way when the connection broke. Repeated, as the driver
            // would
            // by default, a write might come after its caller was told that it failed.
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(settings.queueMax())
            .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
            .socketOptions(
                SocketOptions.builder()
                    .connectTimeout(settings.connectTimeout())
                    .keepAlive(true)
                    .tcpNoDelay(true)
                    .build())
            .build());
    return client;
  }

  static RedisURI uri(RedisSettings settings) {
    var uri =
        RedisURI.Builder.redis(settings.host(), settings.port())
            .withSsl(settings.tls())
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

  static void close(RedisClient client, ClientResources resources) {
    client.shutdown(Duration.ZERO, CLOSE_MAX);
    resources
        .shutdown(0, CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSE_MAX.toMillis());
  }
}
