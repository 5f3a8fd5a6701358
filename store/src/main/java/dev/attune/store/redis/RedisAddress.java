package dev.attune.store.redis;

/**
 * Where a server listens.
 *
 * @param host name or address
 * @param port 1-65535
 */
public record RedisAddress(String host, int port) {
  public RedisAddress {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: blank (expected: a name or an address)");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 1-65535)");
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
