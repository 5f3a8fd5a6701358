package dev.attune.store.redis;

import dev.attune.testkit.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/** Speaks TLS for a Redis that cannot, with a certificate that was made a moment ago. */
final class TlsProxy implements AutoCloseable {
  private final SSLServerSocket listener;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private TlsProxy(SSLServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
  }

  /** In front of a port of this machine, for clients that have the accepted certificate. */
  static TlsProxy start(TlsIdentity server, int target, @Nullable TlsIdentity acceptedClient) {
    try {
      SSLContext context = server.context(acceptedClient == null ? server : acceptedClient);
      var listener =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
      listener.setNeedClientAuth(acceptedClient != null);
      var proxy = new TlsProxy(listener, target);
      Thread.ofVirtual().start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        var server = new Socket(InetAddress.ofLiteral("127.0.0.1"), target);
        open.addAll(List.of(client, server));
        Thread.ofVirtual().start(() -> copy(client, server));
        Thread.ofVirtual().start(() -> copy(server, client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16_384];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      // One of them has gone, or did not accept the other's certificate.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
