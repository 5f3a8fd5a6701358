package dev.attune.dispatcher.send;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * A proxy that all attempts go through. It is asked for a tunnel (CONNECT) to an address that was
 * checked, and never for a name.
 *
 * @param host a name or an address, one of IPv6 without brackets
 */
public record Proxy(String host, int port) {
  /**
   * Reads {@code http://HOST:PORT}.
   *
   * @throws IllegalArgumentException for anything else; does not repeat it, because it may hold a
   *     password
   */
  public static Proxy parse(String url) {
    try {
      URI uri = new URI(url);
      String host = uri.getHost();
      if ("http".equals(uri.getScheme())
          && host != null
          && uri.getPort() > 0
          && uri.getPort() <= 65_535
          && uri.getRawUserInfo() == null
          && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return new Proxy(
            host.startsWith("[") ? host.substring(1, host.length() - 1) : host, uri.getPort());
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "not the address of a proxy (allowed: http://HOST:PORT, without a user)");
  }
}
