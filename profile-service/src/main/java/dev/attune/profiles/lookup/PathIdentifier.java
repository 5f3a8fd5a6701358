package dev.attune.profiles.lookup;

import dev.attune.platform.http.HttpProblem;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * {@code namespace:value} at the end of a path. Decoded here, because a decoder of forms would turn
 * the plus sign of an e-mail address into a space.
 */
record PathIdentifier(String namespace, String value) {
  /**
   * @param raw percent-encoded
   * @throws HttpProblem 400 when it is not well-formed
   */
  static PathIdentifier parse(String raw) {
    String decoded = decode(raw);
    int colon = decoded.indexOf(':');
    if (colon < 1) {
      throw HttpProblem.badRequest(
          "invalid_identifier", "the path does not end in {namespace}:{value}");
    }
    return new PathIdentifier(decoded.substring(0, colon), decoded.substring(colon + 1));
  }

  private static String decode(String raw) {
    if (isPlain(raw)) {
      return raw;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        int high = i + 2 <= raw.length() - 1 ? Character.digit(raw.charAt(i + 1), 16) : -1;
        int low = i + 2 <= raw.length() - 1 ? Character.digit(raw.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw malformed();
        }
        bytes.write(high << 4 | low);
        i += 2;
      } else if (c < 0x80) {
        bytes.write(c);
      } else {
        throw malformed();
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed();
    }
  }

  private static boolean isPlain(String raw) {
    for (int i = 0; i < raw.length(); i++) {
      if (raw.charAt(i) == '%' || raw.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  private static HttpProblem malformed() {
    return HttpProblem.badRequest(
        "invalid_identifier", "the identifier in the path is not percent-encoded UTF-8");
  }
}
