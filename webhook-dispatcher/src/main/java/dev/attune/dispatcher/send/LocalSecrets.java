package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.SigningSecret.Scheme;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Secrets from the process's environment and from files, which are read again when they change. */
public final class LocalSecrets implements Secrets {
  private static final int FILE_LENGTH_MAX = 4_096;

  private final Environment environment;
  private final ConcurrentHashMap<SigningSecret, Cached> keys = new ConcurrentHashMap<>();

  LocalSecrets(Environment environment) {
    this.environment = environment;
  }

  /** Secrets of this process. */
  public static LocalSecrets ofProcess() {
    return new LocalSecrets(System::getenv);
  }

  @Override
  public SigningKey key(SigningSecret secret) throws SecretException {
    return switch (secret.reference()) {
      case SecretReference.Environment variable -> ofVariable(secret, variable);
      case SecretReference.File file -> ofFile(secret, file);
      case SecretReference.Generated generated ->
          throw new SecretException("the " + generated.describe() + " is not kept here");
    };
  }

  private SigningKey ofVariable(SigningSecret secret, SecretReference.Environment variable)
      throws SecretException {
    Cached cached = keys.get(secret);
    if (cached == null) {
      String text = environment.get(variable.variable());
      if (text == null) {
        throw new SecretException("the " + variable.describe() + " is not set");
      }
      // A process's environment never changes.
      cached = new Cached(FileTime.fromMillis(0), 0, decode(secret, text));
      keys.put(secret, cached);
    }
    return cached.key;
  }

  private SigningKey ofFile(SigningSecret secret, SecretReference.File file)
      throws SecretException {
    try {
      Path path = Path.of(file.path());
      FileTime modified = Files.getLastModifiedTime(path);
      long length = Files.size(path);
      Cached cached = keys.get(secret);
      if (cached == null || !cached.modified.equals(modified) || cached.length != length) {
        cached = new Cached(modified, length, decode(secret, read(path)));
        keys.put(secret, cached);
      }
      return cached.key;
    } catch (IOException e) {
      throw new SecretException(
          "the " + file.describe() + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static String read(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return new String(in.readNBytes(FILE_LENGTH_MAX), StandardCharsets.UTF_8);
    }
  }

  private static SigningKey decode(SigningSecret secret, String text) throws SecretException {
    String trimmed = text.strip();
    Scheme scheme = secret.scheme();
    String prefix =
        switch (scheme) {
          case HMAC_SHA256 -> "whsec_";
          case ED25519 -> "whsk_";
        };
    if (trimmed.startsWith(prefix)) {
      try {
        byte[] bytes = Base64.getDecoder().decode(trimmed.substring(prefix.length()));
        return switch (scheme) {
          case HMAC_SHA256 -> HmacKey.of(bytes);
          case ED25519 -> Ed25519Key.of(bytes);
        };
      } catch (IllegalArgumentException e) {
        // Said below, without the text.
      }
    }
    throw new SecretException(
        "the " + secret.reference().describe() + " holds no " + expected(scheme));
  }

  private static String expected(Scheme scheme) {
    return switch (scheme) {
      case HMAC_SHA256 -> "signing secret (allowed: whsec_ and the base64 of 24 to 64 bytes)";
      case ED25519 ->
          "signing key of v1a (allowed: whsk_ and the base64 of an Ed25519 private key's 32 bytes,"
              + " or of those and its public key's 32)";
    };
  }

  /** Where variables are looked up. */
  @FunctionalInterface
  interface Environment {
    @Nullable String get(String variable);
  }

  private static final class Cached {
    private final FileTime modified;
    private final long length;
    private final SigningKey key;

    Cached(FileTime modified, long length, SigningKey key) {
      this.modified = modified;
      this.length = length;
      this.key = key;
    }
  }
}
