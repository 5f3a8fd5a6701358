package dev.attune.refresher.stream;

import java.net.URI;

/**
 * Where the schemas of Avro and Protobuf records are.
 *
 * @param url of a schema registry with Confluent's API
 * @param user of Basic authentication; empty without it
 */
public record RegistryConfig(URI url, String user, String password) {
  public RegistryConfig {
    if (!("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
        || url.getHost() == null
        || url.getUserInfo() != null
        || url.getQuery() != null
        || url.getFragment() != null) {
      throw new IllegalArgumentException(
          "url: not one of a schema registry (allowed: http or https, a host, a port and a path)");
    }
    if (user.isEmpty() != password.isEmpty() || user.contains(":")) {
      throw new IllegalArgumentException(
          "user, password: both or neither, and no colon in the user");
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "RegistryConfig[url=" + url + "]";
  }
}
