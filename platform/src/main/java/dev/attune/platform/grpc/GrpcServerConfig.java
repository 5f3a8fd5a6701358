package dev.attune.platform.grpc;

import java.time.Duration;

/**
 * How the gRPC server listens and what it takes.
 *
 * @param host to bind to; loopback unless said otherwise
 * @param port 0 = any free one
 * @param messageBytesMax of a request
 * @param callsPerConnectionMax under way at once; further ones wait in the client
 * @param connectionAgeMax after which a connection is asked to go, so that clients spread anew
 * @param shutdownGrace for calls under way when the server closes
 */
public record GrpcServerConfig(
    String host,
    int port,
    int messageBytesMax,
    int callsPerConnectionMax,
    Duration connectionAgeMax,
    Duration shutdownGrace) {
  /** Loopback and the default limits. */
  public static GrpcServerConfig onPort(int port) {
    return new GrpcServerConfig(
        "127.0.0.1", port, 256 << 10, 100, Duration.ofMinutes(30), Duration.ofSeconds(10));
  }

  public GrpcServerConfig {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0-65535)");
    }
    if (messageBytesMax < 1_024 || callsPerConnectionMax < 1) {
      throw new IllegalArgumentException(
          "messageBytesMax: at least 1024; callsPerConnectionMax: at least 1");
    }
  }
}
