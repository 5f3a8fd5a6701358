package dev.attune.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key and a certificate that signs itself, made a moment ago. */
public final class TlsIdentity {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final KeyStore store;
  private final Path directory;

  private TlsIdentity(KeyStore store, Path directory) {
    this.store = store;
    this.directory = directory;
  }

  /**
   * Made by the JDK's keytool.
   *
   * @param names whom it is for, such as {@code ip:127.0.0.1}
   */
  public static TlsIdentity of(String names, Path parent) throws Exception {
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
    var identity = new TlsIdentity(store, directory);
    pem(identity.certificateFile(), "CERTIFICATE", store.getCertificate("it").getEncoded());
    pem(identity.keyFile(), "PRIVATE KEY", store.getKey("it", PASSWORD).getEncoded());
    return identity;
  }

  private static void pem(String file, String what, byte[] bytes) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    Files.writeString(
        Path.of(file), "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
  }

  /** File of the certificate, as PEM. */
  public String certificateFile() {
    return directory.resolve("certificate.pem").toString();
  }

  /** File of the private key, as PEM of PKCS #8. */
  public String keyFile() {
    return directory.resolve("key.pem").toString();
  }

  /** Who has this key and trusts nobody but the given one. */
  public SSLContext context(TlsIdentity trusted) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, PASSWORD);
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted.store);
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
