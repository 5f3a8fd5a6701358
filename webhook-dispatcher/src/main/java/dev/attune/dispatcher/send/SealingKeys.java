package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SealedSecret;
import dev.attune.core.webhook.SigningSecret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys that generated secrets are encrypted with (AES-256-GCM). The first one seals; all of
 * them open, so that a key is replaced by putting another before it. What is sealed can be opened
 * for the same webhook and scheme alone.
 */
public final class SealingKeys {
  /** The variable that holds the keys: {@code ID:BASE64} of 32 bytes each, with commas between. */
  public static final String VARIABLE = "ATTUNE_SECRETS_KEYS";

  /** The variable that names a file with the keys, one on each line or with commas between. */
  public static final String FILE_VARIABLE = "ATTUNE_SECRETS_KEYS_FILE";

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.-]{1,40}");
  private static final int KEY_LENGTH = 32;
  private static final int NONCE_LENGTH = 12;
  private static final int TAG_BITS = 128;

  private final Map<String, SecretKeySpec> keys;
  private final SecureRandom random = new SecureRandom();

  private SealingKeys(Map<String, SecretKeySpec> keys) {
    this.keys = keys;
  }

  /**
   * Those of this process; there may be none.
   *
   * @throws IllegalArgumentException when they are written in another way; the message does not
   *     repeat them
   */
  public static SealingKeys ofProcess() {
    return of(System.getenv());
  }

  /** As {@link #ofProcess}, with other variables. */
  public static SealingKeys of(Map<String, String> environment) {
    String text = environment.get(VARIABLE);
    String file = environment.get(FILE_VARIABLE);
    if (text != null && file != null) {
      throw new IllegalArgumentException(
          VARIABLE + " and " + FILE_VARIABLE + " are both set (allowed: one of them)");
    }
    if (file != null) {
      try {
        return parse(FILE_VARIABLE, Files.readString(Path.of(file), StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "the file of "
                + FILE_VARIABLE
                + " cannot be read ("
                + e.getClass().getSimpleName()
                + ")",
            e);
      }
    }
    return parse(VARIABLE, text == null ? "" : text);
  }

  private static SealingKeys parse(String where, String text) {
    Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
    for (String entry : text.split("[,\\s]+", -1)) {
      if (!entry.isEmpty()) {
        int colon = entry.indexOf(':');
        byte[] key = colon < 0 ? null : decoded(entry.substring(colon + 1));
        String id = colon < 0 ? "" : entry.substring(0, colon);
        if (key == null || key.length != KEY_LENGTH || !ID.matcher(id).matches()) {
          throw new IllegalArgumentException(
              where
                  + " holds no keys (allowed: ID:BASE64 of 32 bytes each, with commas between; an"
                  + " ID has letters, digits, _, - and ., at most 40)");
        }
        if (keys.put(id, new SecretKeySpec(key, "AES")) != null) {
          throw new IllegalArgumentException(where + " holds the key " + id + " twice");
        }
      }
    }
    return new SealingKeys(keys);
  }

  private static byte @Nullable [] decoded(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      // Said by the caller, without the text.
      return null;
    }
  }

  /** Whether secrets can be kept. */
  public boolean canSeal() {
    return !keys.isEmpty();
  }

  /**
   * Encrypts a secret of a webhook, without an end.
   *
   * @throws IllegalStateException when there is no key; {@link #canSeal} says so
   */
  public SealedSecret seal(
      String webhook, SigningSecret.Scheme scheme, byte[] secret, Instant since) {
    var first =
        keys.entrySet().stream()
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("there is no key to seal with"));
    byte[] nonce = new byte[NONCE_LENGTH];
    random.nextBytes(nonce);
    try {
      Cipher cipher = cipher(Cipher.ENCRYPT_MODE, first.getValue(), nonce, webhook, scheme);
      byte[] encrypted = cipher.doFinal(secret);
      byte[] sealed = Arrays.copyOf(nonce, NONCE_LENGTH + encrypted.length);
      System.arraycopy(encrypted, 0, sealed, NONCE_LENGTH, encrypted.length);
      return new SealedSecret(
          scheme, first.getKey(), Base64.getEncoder().encodeToString(sealed), since, Instant.MAX);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES in GCM", e);
    }
  }

  /**
   * Decrypts a secret of a webhook.
   *
   * @throws Secrets.SecretException when its key is not there, or it is not what was sealed
   */
  byte[] open(String webhook, SealedSecret secret) throws Secrets.SecretException {
    SecretKeySpec key = keys.get(secret.key());
    if (key == null) {
      throw new Secrets.SecretException(
          "the generated secret of webhook "
              + webhook
              + " is sealed with the key "
              + secret.key()
              + ", which "
              + VARIABLE
              + " does not hold");
    }
    byte[] sealed = decoded(secret.sealed());
    try {
      if (sealed != null && sealed.length > NONCE_LENGTH) {
        byte[] nonce = Arrays.copyOf(sealed, NONCE_LENGTH);
        return cipher(Cipher.DECRYPT_MODE, key, nonce, webhook, secret.scheme())
            .doFinal(sealed, NONCE_LENGTH, sealed.length - NONCE_LENGTH);
      }
    } catch (GeneralSecurityException e) {
      // Said below: why a tag does not fit is not known.
    }
    throw new Secrets.SecretException(
        "the generated secret of webhook "
            + webhook
            + " cannot be opened: it was changed, or the key "
            + secret.key()
            + " is another one than it was");
  }

  private static Cipher cipher(
      int mode, SecretKeySpec key, byte[] nonce, String webhook, SigningSecret.Scheme scheme)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(
        ("attune webhook secret/" + webhook + "/" + scheme.label())
            .getBytes(StandardCharsets.UTF_8));
    return cipher;
  }
}
