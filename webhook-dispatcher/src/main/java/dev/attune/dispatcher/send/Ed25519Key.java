package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/**
 * The asymmetric signature {@code v1a}: Ed25519 (RFC 8032, of the message itself). The subscriber
 * has the public key, with which nobody can sign.
 */
public final class Ed25519Key implements SigningKey {
  private static final String ALGORITHM = "Ed25519";
  private static final int LENGTH = 32;

  private final PrivateKey key;
  private final byte[] spki;

  private Ed25519Key(PrivateKey key, byte[] spki) {
    this.key = key;
    this.spki = spki;
  }

  /**
   * The key with these bytes: the private key, which RFC 8032 calls the seed, alone or with the
   * public key behind it.
   *
   * @throws IllegalArgumentException when there are not 32 or 64 bytes, or the two halves are not
   *     of one pair
   */
  public static Ed25519Key of(byte[] secret) {
    if (secret.length != LENGTH && secret.length != 2 * LENGTH) {
      throw new IllegalArgumentException("expected 32 or 64 bytes");
    }
    byte[] seed = Arrays.copyOf(secret, LENGTH);
    KeyPair pair = pair(seed);
    Ed25519Key key = new Ed25519Key(pair.getPrivate(), pair.getPublic().getEncoded());
    if (secret.length > LENGTH
        && !MessageDigest.isEqual(
            key.publicKey(), Arrays.copyOfRange(secret, LENGTH, secret.length))) {
      throw new IllegalArgumentException("the public half is another key's");
    }
    return key;
  }

  // The JDK makes a public key out of a private one only when it draws a pair: it is given the
  // bytes to draw.
  private static KeyPair pair(byte[] seed) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(ALGORITHM);
      generator.initialize(NamedParameterSpec.ED25519, new Drawn(seed));
      KeyPair pair = generator.generateKeyPair();
      byte[] drawn = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      if (!MessageDigest.isEqual(drawn, seed)) {
        throw new IllegalStateException("this JDK draws Ed25519 keys otherwise");
      }
      return pair;
    } catch (GeneralSecurityException e) {
      throw noAlgorithm(e);
    }
  }

  /** The 32 bytes of the public key. */
  public byte[] publicKey() {
    return Arrays.copyOfRange(spki, spki.length - LENGTH, spki.length);
  }

  /** The public key as X.509 has it, in DER: what a PEM file holds in base64. */
  public byte[] spki() {
    return spki.clone();
  }

  @Override
  public String sign(String webhookId, long timestampSeconds, ByteString body) {
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(SigningKey.before(webhookId, timestampSeconds));
      signature.update(body.asReadOnlyByteBuffer());
      return "v1a," + Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw noAlgorithm(e);
    }
  }

  private static IllegalStateException noAlgorithm(GeneralSecurityException e) {
    return new IllegalStateException("every JDK has " + ALGORITHM, e);
  }

  /** Draws what it is told to. */
  private static final class Drawn extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Drawn(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void nextBytes(byte[] target) {
      if (target.length != bytes.length) {
        throw new IllegalStateException("this JDK draws Ed25519 keys otherwise");
      }
      System.arraycopy(bytes, 0, target, 0, target.length);
    }
  }
}
