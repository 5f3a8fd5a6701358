package dev.attune.load.socket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/**
 * Where an HTTP/1.1 response ends, and what it says. It has to state its length.
 *
 * @param status of three digits
 * @param head its bytes, with the empty line after them
 * @param body its bytes
 */
public record HttpReply(int status, int head, int body) {
  private static final String LENGTH = "\r\ncontent-length:";
  private static final int HEAD_MAX = 8 << 10;

  /**
   * The response at the front of some bytes; empty while it is not all there.
   *
   * @throws IOException when it is none that can be told
   */
  public static Optional<HttpReply> in(byte[] bytes, int length) throws IOException {
    int head = endOfHead(bytes, length);
    if (head < 0) {
      if (length > HEAD_MAX) {
        throw new IOException("a response whose head does not end");
      }
      return Optional.empty();
    }
    int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
    HttpReply reply = new HttpReply(status, head, contentLength(bytes, head, status));
    return length < reply.length() ? Optional.empty() : Optional.of(reply);
  }

  /** All its bytes. */
  public int length() {
    return head + body;
  }

  private static int endOfHead(byte[] bytes, int length) {
    for (int i = 3; i < length; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static int contentLength(byte[] bytes, int head, int status) throws IOException {
    String text = new String(bytes, 0, head, ISO_8859_1).toLowerCase(Locale.ROOT);
    int at = text.indexOf(LENGTH);
    if (at < 0) {
      throw new IOException("a response " + status + " without a content-length");
    }
    int from = at + LENGTH.length();
    return Integer.parseInt(text.substring(from, text.indexOf('\r', from)).strip());
  }
}
