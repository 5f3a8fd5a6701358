package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SecretReference;
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
  private static final String PREFIX = "whsec_";
  private static final int KEY_LENGTH_MIN = 24;
  private static final int KEY_LENGTH_MAX = 64;
  private static final int FILE_LENGTH_MAX = 4_096;

  private final Environment environment;
  private final ConcurrentHashMap<String, Cached> files = new ConcurrentHashMap<>();

  LocalSecrets(Environment environment) {
    this.environment = environment;
  }

  /** Secrets of this process. */
  public static LocalSecrets ofProcess() {
    return new LocalSecrets(System::getenv);
  }

  @Override
  public byte[] key(SecretReference reference) throws SecretException {
    return switch (reference) {
      case SecretReference.Environment env -> {
        String text = environment.get(env.variable());
        if (text == null) {
          throw new SecretException("the " + env.describe() + " is not set");
        }
        yield decode(env, text);
      }
      case SecretReference.File file -> fromFile(file);
    };
  }

  private byte[] fromFile(SecretReference.File file) throws SecretException {
    try {
      Path path = Path.of(file.path());
      FileTime modified = Files.getLastModifiedTime(path);
      long length = Files.size(path);
      Cached cached = files.get(file.path());
      if (cached == null || !cached.modified.equals(modified) || cached.length != length) {
        cached = new Cached(modified, length, decode(file, read(path)));
        files.put(file.path(), cached);
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

  private static byte[] decode(SecretReference reference, String text) throws SecretException {
    String trimmed = text.strip();
    if (trimmed.startsWith(PREFIX)) {
      try {
        byte[] key = Base64.getDecoder().decode(trimmed.substring(PREFIX.length()));
        if (key.length >= KEY_LENGTH_MIN && key.length <= KEY_LENGTH_MAX) {
          return key;
        }
      } catch (IllegalArgumentException e) {
        // Said below, without the text.
      }
    }
    throw new SecretException(
        "the "
            + reference.describe()
            + " holds no signing secret (allowed: whsec_ and the base64 of "
            + KEY_LENGTH_MIN
            + " to "
            + KEY_LENGTH_MAX
            + " bytes)");
  }

  /** Where variables are looked up. */
  @FunctionalInterface
  interface Environment {
    @Nullable String get(String variable);
  }

  private static final class Cached {
    private final FileTime modified;
    private final long length;
    private final byte[] key;

    Cached(FileTime modified, long length, byte[] key) {
      this.modified = modified;
      this.length = length;
      this.key = key;
    }
  }
}
