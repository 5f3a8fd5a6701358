package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The symmetric signature {@code v1}: HMAC-SHA256 with a secret that both sides have. */
public final class HmacKey implements SigningKey {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int LENGTH_MIN = 24;
  private static final int LENGTH_MAX = 64;

  private final SecretKeySpec key;

  private HmacKey(SecretKeySpec key) {
    this.key = key;
  }

  /**
   * The key with these bytes.
   *
   * @throws IllegalArgumentException when there are not 24 to 64 of them
   */
  static HmacKey of(byte[] secret) {
    if (secret.length < LENGTH_MIN || secret.length > LENGTH_MAX) {
      throw new IllegalArgumentException("expected 24 to 64 bytes");
    }
    return new HmacKey(new SecretKeySpec(secret, ALGORITHM));
  }

  /** The 32 bytes of the HMAC-SHA256 of a message. */
  public byte[] hmac(byte[] message) {
    return mac().doFinal(message);
  }

  @Override
  public String sign(String webhookId, long timestampSeconds, ByteString body) {
    Mac mac = mac();
    mac.update(SigningKey.before(webhookId, timestampSeconds));
    mac.update(body.asReadOnlyByteBuffer());
    return "v1," + Base64.getEncoder().encodeToString(mac.doFinal());
  }

  private Mac mac() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }
}
