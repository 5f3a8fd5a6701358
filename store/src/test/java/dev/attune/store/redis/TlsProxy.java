package dev.attune.store.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Speaks TLS for a Redis that cannot, with a certificate that was made a moment ago. */
final class TlsProxy implements AutoCloseable {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final SSLServerSocket listener;
  private final int target;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private TlsProxy(SSLServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
  }

  /** In front of a port of this machine, for clients that have the accepted certificate. */
  static TlsProxy start(Identity server, int target, @Nullable Identity acceptedClient) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(server.store, PASSWORD);
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init((acceptedClient == null ? server : acceptedClient).store);
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
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
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
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

  /** A key and a certificate that signs itself. */
  static final class Identity {
    private final KeyStore store;
    private final Path directory;

    private Identity(KeyStore store, Path directory) {
      this.store = store;
      this.directory = directory;
    }

    /**
     * Made by the JDK's keytool.
     *
     * @param names whom it is for, such as {@code ip:127.0.0.1}
     */
    static Identity of(String names, Path parent) throws Exception {
      Path directory = Files.createTempDirectory(parent, "identity");
      Path file = directory.resolve("store.p12");
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  "it",
                  "-keyalg",
                  "EC",
                  "-dname",
                  "CN=attune test",
                  "-ext",
                  "san=" + names,
                  "-ext",
                  "bc=ca:true",
                  "-validity",
                  "2",
                  "-storetype",
                  "PKCS12",
                  "-keystore",
                  file.toString(),
                  "-storepass",
                  new String(PASSWORD))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
        throw new IllegalStateException("keytool made no key");
      }
      KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD);
      var identity = new Identity(store, directory);
      pem(identity.certificateFile(), "CERTIFICATE", store.getCertificate("it").getEncoded());
      pem(identity.keyFile(), "PRIVATE KEY", store.getKey("it", PASSWORD).getEncoded());
      return identity;
    }

    private static void pem(String file, String what, byte[] bytes) throws IOException {
      String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
      Files.writeString(
          Path.of(file),
          "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }

    String certificateFile() {
      return directory.resolve("certificate.pem").toString();
    }

    String keyFile() {
      return directory.resolve("key.pem").toString();
    }
  }
}
