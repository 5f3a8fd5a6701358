package dev.attune.load.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.load.socket.Connection;
import dev.attune.load.socket.HttpReply;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;

/** A kept-alive HTTP/1.1 connection to the collector, with one request at a time. */
final class EventConnection extends Connection {
  private static final String HEADERS =
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Basic "
          + Base64.getEncoder().encodeToString("bench:".getBytes(UTF_8))
          + "\r\nContent-Length: ";

  private static final int ROOM = 8 << 10;
  private static final int EVENT_ROOM = 2 << 10;

  private final Plan plan;
  private final int batch;
  private boolean busy;
  private int event;
  private long due;

  /**
   * @param batch events in a request
   */
  EventConnection(int port, Plan plan, int batch) throws IOException {
    super(port, ROOM, ROOM + batch * EVENT_ROOM);
    this.plan = plan;
    this.batch = batch;
  }

  @Override
  public boolean hasRoom() {
    return !busy;
  }

  /** The first event of the request under way. */
  int first() {
    return event;
  }

  @Override
  public int underWay() {
    return busy ? 1 : 0;
  }

  /** Sends the event and those after it that belong to the same request. */
  @Override
  public void call(int i, long dueNanos) {
    busy = true;
    event = i;
    due = dueNanos;
    Instant now = Instant.now();
    String path = batch == 1 ? plan.path(i) : Plan.BATCH_PATH;
    String json =
        batch == 1 ? plan.json(i, now) : plan.batchJson(i, Math.min(batch, plan.events() - i), now);
    byte[] body = json.getBytes(UTF_8);
    out.put(("POST " + path + HEADERS + body.length + "\r\n\r\n").getBytes(UTF_8));
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
