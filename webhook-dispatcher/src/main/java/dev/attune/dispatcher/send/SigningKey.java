package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;

/**
 * Signs deliveries in one scheme of Standard Webhooks 1.0. What is signed is {@code
 * id.timestamp.body}: the headers {@code webhook-id} and {@code webhook-timestamp}, and the body's
 * bytes.
 */
public sealed interface SigningKey permits Ed25519Key, HmacKey {
  /** The scheme's name, a comma and the signature in base64: {@code v1,...} or {@code v1a,...}. */
  String sign(String webhookId, long timestampSeconds, ByteString body);

  /** What stands before the body in what is signed. */
  static byte[] before(String webhookId, long timestampSeconds) {
    return (webhookId + "." + timestampSeconds + ".").getBytes(StandardCharsets.UTF_8);
  }
}
