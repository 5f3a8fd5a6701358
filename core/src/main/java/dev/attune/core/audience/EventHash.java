package dev.attune.core.audience;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Names an event, or a value, in 64 bits. */
final class EventHash {
  private EventHash() {}

  /** The first 8 bytes of the SHA-256 of an id, big-endian; never 0. */
  static long of(String eventId) {
    return of(eventId.getBytes(StandardCharsets.UTF_8));
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
