package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.attune.load.socket.Connection;
import dev.attune.load.socket.HttpReply;
import java.io.IOException;

/** HTTP/1.1 with keep-alive and one request at a time, as a pool of connections uses it. */
final class HttpConnection extends Connection {
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
  public boolean hasRoom() {
    return !busy;
  }

  @Override
  public int underWay() {
    return busy ? 1 : 0;
  }

  @Override
  public void call(int who, long dueNanos) {
    busy = true;
    index = who;
    due = dueNanos;
    sent = System.nanoTime();
    Population.writeUserId(who, request, userIdAt);
    out.put(request);
  }

  @Override
  protected int take(byte[] bytes, int length, Answers answers) throws IOException {
    HttpReply reply = HttpReply.in(bytes, length).orElse(null);
    if (reply == null) {
      return 0;
    }
    if (!busy) {
      throw new IOException("a response " + reply.status() + " that nobody asked for");
    }
    busy = false;
    answers.answered(
        this,
        index,
        due,
        reply.status() == 200 ? judge(bytes, reply.head(), reply.body()) : reply.status());
    return reply.length();
  }

  private int judge(byte[] bytes, int offset, int length) {
    long version = people.verifyJson(bytes, offset, length, index);
    return version < 0 ? Tally.WRONG : versions.judge(index, version, sent);
  }
}
