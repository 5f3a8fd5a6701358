package dev.attune.dispatcher.send;

import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.util.Timeout;

/**
 * Whose certificate is expected at an address, and with which certificates we come. As a part of a
 * route it keeps connections apart that differ in either.
 *
 * @param handshakeMax after which the connection is closed, whether or not an attempt waits for it
 */
record TlsName(String host, int port, TlsStrategy tls, Timeout handshakeMax)
    implements NamedEndpoint {
  @Override
  public String getHostName() {
    return host;
  }

  @Override
  public int getPort() {
    return port;
  }
}
