package dev.attune.core.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** A digest of a part of a definition. */
final class Digest {
  private Digest() {}

  /** Of records, texts and sorted maps, whose text is a function of their content. */
  static String of(List<?> parts) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (Object part : parts) {
        byte[] text = part.toString().getBytes(StandardCharsets.UTF_8);
        sha256.update((text.length + ":").getBytes(StandardCharsets.UTF_8));
        sha256.update(text);
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
