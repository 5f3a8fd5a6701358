package dev.attune.standalone.receive;

import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Something that a subscriber verifies signatures with. Written against the specification, not
 * against the dispatcher, so that the two check each other.
 */
sealed interface VerifyingKey {
  String SECRET = "whsec_";
  String PUBLIC_KEY = "whpk_";

  /** Where it is from, e.g. {@code environment variable CRM_SECRET}; never the key itself. */
  String from();

  /** The scheme of the signatures that it verifies: {@code v1} or {@code v1a}. */
  String scheme();

  /** Whether a signature fits what was signed. */
  boolean fits(byte[] signed, byte[] signature);

  /**
   * The key in an environment variable.
   *
   * @throws Complaint when there is none; it does not repeat what is there instead
   */
  static VerifyingKey ofVariable(String variable, Map<String, String> environment) {
    String text = environment.get(variable);
    if (text == null) {
      // What is no name may be the secret itself.
      throw new Complaint(
          variable.matches("[A-Za-z_][A-Za-z0-9_]{0,127}") && !looksLikeKey(variable)
              ? "the environment variable " + variable + " is not set."
              : "--secret-env is the name of an environment variable, not the secret itself.");
    }
    return parse(text, "environment variable " + variable);
  }

  /**
   * The key in a file.
   *
   * @throws Complaint when there is none; it does not repeat what is there instead
   */
  static VerifyingKey ofFile(Path file) {
    if (looksLikeKey(file.toString())) {
      throw new Complaint("--secret-file is the path of a file, not the secret itself.");
    }
    try (var in = Files.newInputStream(file)) {
      return parse(new String(in.readNBytes(4_096), StandardCharsets.UTF_8), "file " + file);
    } catch (IOException e) {
      throw new Complaint(
          "the file " + file + " cannot be read (" + e.getClass().getSimpleName() + ").", e);
    }
  }

  private static boolean looksLikeKey(String text) {
    return text.startsWith(SECRET) || text.startsWith(PUBLIC_KEY) || text.startsWith("whsk_");
  }

  private static VerifyingKey parse(String text, String from) {
    String key = text.strip();
    if (key.startsWith("whsk_")) {
      throw new Complaint(
          "the "
              + from
              + " holds a private signing key: those who receive have the public one, whpk_ and"
              + " base64.");
    }
    try {
      if (key.startsWith(SECRET)) {
        byte[] secret = Base64.getDecoder().decode(key.substring(SECRET.length()));
        if (secret.length > 0) {
          return new Shared(from, secret);
        }
      } else if (key.startsWith(PUBLIC_KEY)) {
        byte[] point = Base64.getDecoder().decode(key.substring(PUBLIC_KEY.length()));
        if (point.length == Public.LENGTH) {
          return Public.of(from, point);
        }
      }
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      // Said below, without the text.
    }
    throw new Complaint(
        "the "
            + from
            + " holds nothing to verify with (allowed: whsec_ and the base64 of a secret, or whpk_"
            + " and the base64 of the 32 bytes of an Ed25519 public key).");
  }

  /** {@code v1}: HMAC-SHA256 with a secret that both sides have. */
  final class Shared implements VerifyingKey {
    private final String from;
    private final byte[] secret;

    Shared(String from, byte[] secret) {
      this.from = from;
      this.secret = secret;
    }

    @Override
    public String from() {
      return from;
    }

    @Override
    public String scheme() {
      return "v1";
    }

    @Override
    public boolean fits(byte[] signed, byte[] signature) {
      try {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return MessageDigest.isEqual(mac.doFinal(signed), signature);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has HmacSHA256", e);
      }
    }

    /** The key that those have who take the text for the key, and do not decode it. */
    Shared notDecoded() {
      return new Shared(
          from,
          (SECRET + Base64.getEncoder().encodeToString(secret)).getBytes(StandardCharsets.UTF_8));
    }
  }

  /** {@code v1a}: Ed25519, with the public key alone. */
  record Public(String from, PublicKey key) implements VerifyingKey {
    private static final int LENGTH = 32;

    // What stands before the 32 bytes in X.509.
    private static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private static Public of(String from, byte[] point) throws GeneralSecurityException {
      byte[] spki = new byte[PREFIX.length + LENGTH];
      System.arraycopy(PREFIX, 0, spki, 0, PREFIX.length);
      System.arraycopy(point, 0, spki, PREFIX.length, LENGTH);
      return new Public(
          from, KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spki)));
    }

    @Override
    public String scheme() {
      return "v1a";
    }

    @Override
    public boolean fits(byte[] signed, byte[] signature) {
      try {
        Signature verifying = Signature.getInstance("Ed25519");
        verifying.initVerify(key);
        verifying.update(signed);
        return verifying.verify(signature);
      } catch (GeneralSecurityException e) {
        // A signature of another length, or a point that is none.
        return false;
      }
    }
  }
}
