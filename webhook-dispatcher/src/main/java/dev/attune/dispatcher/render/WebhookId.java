package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;

/** Digests over parts, each with its length, so that no two lists of parts give the same bytes. */
final class WebhookId {
  private WebhookId() {}

  /** The id of what a transition tells a webhook: the same however often it is rendered. */
  static String of(String webhook, Transition transition) {
    MessageDigest digest = sha256();
    update(digest, webhook);
    update(digest, transition.getProfileId());
    update(digest, Payload.type(transition));
    update(digest, transition.getAudience());
    update(digest, Long.toString(transition.getGeneration()));
    update(digest, Long.toString(transition.getVersion()));
    return text(digest);
  }

  /**
   * The id of what an event tells a webhook: the same however often it is rendered, and under
   * whichever profile, because a merge may come between. Whom it is about is the identifier that
   * brought it: nobody keeps two senders from using one event id.
   */
  static String of(String webhook, Event event) {
    MessageDigest digest = sha256();
    update(digest, webhook);
    update(digest, Payload.EVENT);
    update(digest, event);
    return text(digest);
  }

  /** The id of what a record of a profile tells a webhook of its state. */
  static String of(String webhook, ProfileRecord record) {
    MessageDigest digest = sha256();
    update(digest, webhook);
    update(digest, Payload.CHANGED);
    update(digest, record.getProfileId());
    update(digest, Long.toString(record.getVersion()));
    return text(digest);
  }

  /**
   * The id of what is true now, which an operator had sent: another one than that of the transition
   * or change, so that who took that one takes this, too, and the same while nothing is different.
   */
  static String ofNow(String webhook, String profileId, ByteString document, String form) {
    MessageDigest digest = sha256();
    update(digest, webhook);
    update(digest, "now");
    update(digest, profileId);
    update(digest, document.toStringUtf8());
    update(digest, form);
    return text(digest);
  }

  /** The id of what somebody is told of a webhook: the same however often it is rendered. */
  static String of(String subscriber, String type, String webhook, Instant at) {
    MessageDigest digest = sha256();
    update(digest, subscriber);
    update(digest, type);
    update(digest, webhook);
    update(digest, at.toString());
    return text(digest);
  }

  // Letters, digits, _ and -: the signed content is split at dots.
  private static String text(MessageDigest digest) {
    return "msg_" + Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
  }

  private static void update(MessageDigest digest, Event event) {
    update(digest, event.getVia().getNamespace());
    update(digest, event.getVia().getValue());
    update(digest, event.getEventId());
  }

  private static void update(MessageDigest digest, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
