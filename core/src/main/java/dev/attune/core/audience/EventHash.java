package dev.attune.core.audience;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names an event in 56 bits, or a value in 64. */
final class EventHash {
  /** Of the SHA-256 of an event's id. */
  static final int EVENT_BYTES = 7;

  private EventHash() {}

  /** The first 7 bytes of the SHA-256 of an event's id, big-endian. */
  static long ofEvent(String eventId) {
    return ofEvent(of(eventId));
  }

  /** The same of the first 8 bytes. */
  static long ofEvent(long hash) {
    return hash >>> (Long.SIZE - Byte.SIZE * EVENT_BYTES);
  }

  /** How transitions and explanations write {@link #ofEvent}: 14 hexadecimal digits. */
  static String digits(long event) {
    return HexFormat.of().toHexDigits(event, 2 * EVENT_BYTES);
  }

  /** The first 8 bytes of the SHA-256 of a text, big-endian; never 0. */
  static long of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same of bytes. */
  static long of(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      long hash = ByteBuffer.wrap(digest).getLong();
      return hash == 0 ? 1 : hash;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
