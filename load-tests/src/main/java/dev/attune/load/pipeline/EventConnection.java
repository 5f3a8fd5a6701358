package dev.attune.load.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.load.socket.Connection;
import dev.attune.load.socket.HttpReply;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;

/** A kept-alive HTTP/1.1 connection to the collector, with one event at a time. */
final class EventConnection extends Connection {
  private static final String HEADERS =
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Basic "
          + Base64.getEncoder().encodeToString("bench:".getBytes(UTF_8))
          + "\r\nContent-Length: ";

  private static final int ROOM = 8 << 10;

  private final Plan plan;
  private boolean busy;
  private int event;
  private long due;

  EventConnection(int port, Plan plan) throws IOException {
    super(port, ROOM, ROOM);
    this.plan = plan;
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
  public void call(int i, long dueNanos) {
    busy = true;
    event = i;
    due = dueNanos;
    byte[] body = plan.json(i, Instant.now()).getBytes(UTF_8);
    out.put(("POST " + plan.path(i) + HEADERS + body.length + "\r\n\r\n").getBytes(UTF_8));
    out.put(body);
  }

  /** The outcome is the status. */
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
    answers.answered(this, event, due, reply.status());
    return reply.length();
  }
}
