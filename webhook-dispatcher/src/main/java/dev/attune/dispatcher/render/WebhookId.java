package dev.attune.dispatcher.render;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** Digests over parts, each with its length, so that no two lists of parts give the same bytes. */
final class WebhookId {
  private static final int EVENT_KEY_LENGTH = 16;

  private WebhookId() {}

  /**
   * The id of what a cause tells a webhook about a profile: the same however often it is rendered.
   * Letters, digits, {@code _} and {@code -}: the signed content is split at dots.
   */
  static String of(String webhook, String profileId, String... cause) {
    MessageDigest digest = sha256();
    update(digest, webhook);
    update(digest, profileId);
    for (String part : cause) {
      update(digest, part);
    }
    return "msg_" + Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
  }

  /** What an event of a profile is remembered by. */
  static byte[] eventKey(String profileId, String eventId) {
    MessageDigest digest = sha256();
    update(digest, profileId);
    update(digest, eventId);
    return Arrays.copyOf(digest.digest(), EVENT_KEY_LENGTH);
  }

  private static void update(MessageDigest digest, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
