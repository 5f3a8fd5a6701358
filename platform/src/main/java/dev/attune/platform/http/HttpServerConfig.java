package dev.attune.platform.http;

import java.time.Duration;

/**
 * How the HTTP server listens and what it takes.
 *
 * @param host to bind to; loopback unless said otherwise
 * @param port 0 = any free one
 * @param connectionsMax open TCP connections
 * @param concurrencyMax requests that are worked on at once; one more gets 429
 * @param headersBytesMax all headers of a request together
 * @param idleTimeout after which a silent connection is closed
 * @param shutdownGrace for requests under way when the server closes
 */
public record HttpServerConfig(
    String host,
    int port,
    int connectionsMax,
    int concurrencyMax,
    int headersBytesMax,
    Duration idleTimeout,
    Duration shutdownGrace) {
  /** Loopback and the default limits. */
  public static HttpServerConfig onPort(int port) {
    return new HttpServerConfig(
        "127.0.0.1", port, 1_024, 512, 16 << 10, Duration.ofMinutes(5), Duration.ofSeconds(10));
  }

  public HttpServerConfig {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0-65535)");
    }
    if (connectionsMax < 1 || concurrencyMax < 1 || headersBytesMax < 1_024) {
      throw new IllegalArgumentException(
          "connectionsMax, concurrencyMax: at least 1; headersBytesMax: at least 1024");
    }
  }
}
