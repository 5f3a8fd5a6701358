package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.Locale;

/** HTTP/1.1 with keep-alive and one request at a time, as a pool of connections uses it. */
final class HttpConnection extends Connection {
  private static final String LENGTH = "\r\ncontent-length:";
  private static final int HEAD_MAX = 8 << 10;

  private final Population people;
  private final Versions versions;
  private final byte[] request;
  private final int userIdAt;
  private boolean busy;
  private int index;
  private long due;
  private long sent;

  /**
   * @param path that ends where the user id begins
   */
  HttpConnection(int port, String path, Population people, Versions versions) throws IOException {
    super(port);
    this.people = people;
    this.versions = versions;
    String head = "GET " + path;
    this.userIdAt = head.length();
    this.request =
        (head + Population.userId(0) + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
            .getBytes(US_ASCII);
  }

  @Override
  boolean hasRoom() {
    return !busy;
  }

  @Override
  int underWay() {
    return busy ? 1 : 0;
  }

  @Override
  void call(int who, long dueNanos) {
    busy = true;
    index = who;
    due = dueNanos;
    sent = System.nanoTime();
    Population.writeUserId(who, request, userIdAt);
    out.put(request);
  }

  @Override
  protected int take(byte[] bytes, int length, Answers answers) throws IOException {
    int head = endOfHead(bytes, length);
    if (head < 0) {
      if (length > HEAD_MAX) {
        throw new IOException("a response whose head does not end");
      }
      return 0;
    }
    int body = contentLength(bytes, head);
    if (length < head + body) {
      return 0;
    }
    int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
    busy = false;
    answers.answered(this, index, due, status == 200 ? judge(bytes, head, body) : status);
    return head + body;
  }

  private int judge(byte[] bytes, int offset, int length) {
    long version = people.verifyJson(bytes, offset, length, index);
    return version < 0 ? Tally.WRONG : versions.judge(index, version, sent);
  }

  private static int endOfHead(byte[] bytes, int length) {
    for (int i = 3; i < length; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return -1;
  }

  private static int contentLength(byte[] bytes, int head) throws IOException {
    String text = new String(bytes, 0, head, ISO_8859_1).toLowerCase(Locale.ROOT);
    int at = text.indexOf(LENGTH);
    if (at < 0) {
      throw new IOException("a response without a content-length");
    }
    int from = at + LENGTH.length();
    return Integer.parseInt(text.substring(from, text.indexOf('\r', from)).strip());
  }
}
