package dev.attune.dispatcher.send;

import dev.attune.core.webhook.EndpointTls;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.WebhookDefinition;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.jspecify.annotations.Nullable;

/**
 * With which certificates an endpoint is spoken to, and whose it may show. Files are read at every
 * attempt, so that a certificate that was replaced is used at once; on new connections, that is,
 * and those that are there end within a minute.
 */
final class EndpointTrust {
  private static final int LENGTH_MAX = 256 << 10;
  private static final char[] NO_PASSWORD = new char[0];
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  /** Algorithms of keys, and how each signs. */
  private static final Map<String, String> ALGORITHMS =
      Map.of("EC", "SHA256withECDSA", "RSA", "SHA256withRSA", "Ed25519", "Ed25519");

  private final TlsStrategy ofPlatform = DefaultClientTlsStrategy.createDefault();
  private final ConcurrentHashMap<EndpointTls, Read> read = new ConcurrentHashMap<>();

  /** What was read, and what became of it. */
  private record Read(
      Optional<String> authorities,
      Optional<String> certificate,
      Optional<String> key,
      @Nullable TlsStrategy strategy) {
    boolean isOf(Read other) {
      return authorities.equals(other.authorities)
          && certificate.equals(other.certificate)
          && key.equals(other.key);
    }
  }

  /**
   * For connections to a webhook's endpoint.
   *
   * @throws Secrets.SecretException when something cannot be read, or is not what it should be
   */
  TlsStrategy of(WebhookDefinition webhook) throws Secrets.SecretException {
    EndpointTls tls = webhook.tls();
    if (tls.equals(EndpointTls.PLATFORM)) {
      return ofPlatform;
    }
    Read now = new Read(text(tls.authorities()), text(tls.certificate()), text(tls.key()), null);
    Read before = read.get(tls);
    if (before != null && before.isOf(now) && before.strategy != null) {
      return before.strategy;
    }
    TlsStrategy strategy =
        ClientTlsStrategyBuilder.create().setSslContext(context(tls, now)).buildAsync();
    read.put(tls, new Read(now.authorities, now.certificate, now.key, strategy));
    return strategy;
  }

  private static Optional<String> text(Optional<SecretReference> reference)
      throws Secrets.SecretException {
    return reference.isEmpty() ? Optional.empty() : Optional.of(text(reference.get()));
  }

  private static String text(SecretReference reference) throws Secrets.SecretException {
    switch (reference) {
      case SecretReference.Environment variable -> {
        String text = System.getenv(variable.variable());
        if (text == null) {
          throw new Secrets.SecretException("the " + variable.describe() + " is not set");
        }
        return text;
      }
      case SecretReference.File file -> {
        try (InputStream in = Files.newInputStream(Path.of(file.path()))) {
          return new String(in.readNBytes(LENGTH_MAX), StandardCharsets.UTF_8);
        } catch (IOException e) {
          throw new Secrets.SecretException(
              "the " + file.describe() + " cannot be read (" + e.getClass().getSimpleName() + ")");
        }
      }
      case SecretReference.Generated generated ->
          throw new Secrets.SecretException("the " + generated.describe() + " is no certificate");
    }
  }

  private static SSLContext context(EndpointTls tls, Read read) throws Secrets.SecretException {
    try {
      KeyManager[] keys = null;
      if (read.key.isPresent() && read.certificate.isPresent()) {
        List<Certificate> chain =
            certificates(tls.certificate().orElseThrow(), read.certificate.get());
        PrivateKey key = key(tls.key().orElseThrow(), read.key.get());
        if (!fit(key, chain.getFirst())) {
          throw new Secrets.SecretException(
              "the "
                  + tls.key().orElseThrow().describe()
                  + " does not hold the key of the first certificate of the "
                  + tls.certificate().orElseThrow().describe());
        }
        keys = keys(key, chain);
      }
      TrustManager[] trusted =
          read.authorities.isEmpty()
              ? null
              : trusted(certificates(tls.authorities().orElseThrow(), read.authorities.get()));
      SSLContext context = SSLContext.getInstance("TLS");
      // Null stands for the platform's.
      context.init(keys, trusted, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new Secrets.SecretException(
          "TLS cannot be prepared (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static List<Certificate> certificates(SecretReference reference, String text)
      throws Secrets.SecretException {
    try {
      List<Certificate> certificates =
          List.copyOf(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(
                      new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))));
      if (!certificates.isEmpty()) {
        return certificates;
      }
    } catch (GeneralSecurityException e) {
      // Said below.
    }
    throw new Secrets.SecretException(
        "the "
            + reference.describe()
            + " holds no certificates (allowed: PEM, one or several of -----BEGIN CERTIFICATE-----)");
  }

  private static PrivateKey key(SecretReference reference, String text)
      throws Secrets.SecretException, GeneralSecurityException {
    Matcher pem = KEY.matcher(text);
    if (pem.find()) {
      PKCS8EncodedKeySpec encoded = encoded(pem.group(1));
      for (String algorithm : ALGORITHMS.keySet()) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
        } catch (InvalidKeySpecException e) {
          // Of another algorithm, or of none.
        }
      }
    }
    throw new Secrets.SecretException(
        "the "
            + reference.describe()
            + " holds no private key (allowed: PEM of PKCS #8 without a password, EC, RSA or"
            + " Ed25519: -----BEGIN PRIVATE KEY-----)");
  }

  private static PKCS8EncodedKeySpec encoded(String base64) {
    try {
      return new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      return new PKCS8EncodedKeySpec(new byte[0]);
    }
  }

  private static boolean fit(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    String algorithm = ALGORITHMS.getOrDefault(key.getAlgorithm(), "Ed25519");
    byte[] anything = {1};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(anything);
    byte[] signed = signature.sign();
    try {
      signature.initVerify(certificate.getPublicKey());
      signature.update(anything);
      return signature.verify(signed);
    } catch (InvalidKeyException e) {
      return false;
    }
  }

  private static KeyManager[] keys(PrivateKey key, List<Certificate> chain)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("webhook", key, NO_PASSWORD, chain.toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static TrustManager[] trusted(List<Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("authority-" + i, authorities.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
