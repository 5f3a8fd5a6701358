package dev.attune.load.pipeline;

import dev.attune.load.socket.Connection;
import dev.attune.standalone.terminal.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Sends a plan's events open-loop: each when it is due, however long the answers to earlier ones
 * take, in a request of its own over kept-alive HTTP/1.1 connections; or some together, when the
 * last of them is due. One thread and no client library: what the driver takes of the cores the
 * system under test does not have.
 */
final class EventDriver implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** Requests at once, below what the collector takes. */
  private static final int IN_FLIGHT_MAX = 400;

  private final int port;
  private final Plan plan;
  private final Ledger ledger;
  private final int batch;
  private final IntConsumer onAcknowledged;
  private final Selector selector;
  private final ArrayDeque<EventConnection> free = new ArrayDeque<>();
  private final Set<EventConnection> busy = new HashSet<>();
  private final Latencies late = new Latencies();
  private final Latencies answers = new Latencies();

  /**
   * @param batch events in a request
   * @param onAcknowledged hears of each event once the collector has answered for it
   */
  EventDriver(URI collector, Plan plan, Ledger ledger, int batch, IntConsumer onAcknowledged)
      throws IOException {
    this.port = collector.getPort();
    this.plan = plan;
    this.ledger = ledger;
    this.batch = batch;
    this.onAcknowledged = onAcknowledged;
    this.selector = Selector.open();
  }

  /**
   * Sends all of it and waits for every answer.
   *
   * @param onTimed called when the warm-up is over, before the first event that is timed
   */
  void run(Progress progress, Runnable onTimed) throws IOException, InterruptedException {
    long began = System.nanoTime();
    boolean timed = false;
    int next = 0;
    while (next < plan.events()) {
      int end = end(next);
      long due = began + plan.dueNanos(end - 1);
      if (System.nanoTime() < due || busy.size() == IN_FLIGHT_MAX) {
        await(due);
        continue;
      }
      if (!timed && end > plan.warmUpEvents()) {
        timed = true;
        onTimed.run();
      }
      if (plan.isTimed(next)) {
        late.record(System.nanoTime() - due);
      }
      send(next, due);
      next = end;
      progress.at(next);
    }
    long deadline = System.nanoTime() + 2 * ANSWER.toNanos();
    while (!busy.isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the collector has not answered to every request");
      }
      await(deadline);
    }
  }

  /** After the last event of the request that begins with one. */
  private int end(int first) {
    return Math.min(first + batch, plan.events());
  }

  // Until something is to be done, for a millisecond at most: a selector's timeout is no finer.
  private void await(long due) throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    long left = due - System.nanoTime();
    if (busy.size() == IN_FLIGHT_MAX || left > TimeUnit.MILLISECONDS.toNanos(2)) {
      selector.select(this::ready, 1);
    } else if (selector.selectNow(this::ready) == 0 && left > 0) {
      LockSupport.parkNanos(left);
    }
  }

  private void send(int i, long due) {
    EventConnection connection = null;
    try {
      connection = free.isEmpty() ? connect() : free.pop();
      busy.add(connection);
      connection.call(i, due);
      connection.flush(selector);
    } catch (IOException e) {
      if (connection == null) {
        refused(i, "no connection: " + e.getMessage());
      } else {
        lost(connection, e);
      }
    }
  }

  private EventConnection connect() throws IOException {
    EventConnection connection = new EventConnection(port, plan, batch);
    connection.register(selector);
    return connection;
  }

  private void ready(SelectionKey key) {
    EventConnection connection = (EventConnection) key.attachment();
    try {
      if (key.isReadable()) {
        connection.read(this::answered);
      }
      connection.flush(selector);
    } catch (IOException e) {
      lost(connection, e);
    }
  }

  private void answered(Connection connection, int i, long due, int status) {
    long now = System.nanoTime();
    if (connection instanceof EventConnection ours && busy.remove(ours)) {
      free.push(ours);
    }
    if (status != 200) {
      refused(i, "status " + status);
      return;
    }
    for (int each = i; each < end(i); each++) {
      ledger.acknowledged(each, now);
      onAcknowledged.accept(each);
    }
    if (plan.isTimed(i)) {
      answers.record(now - due);
    }
  }

  private void refused(int first, String why) {
    for (int each = first; each < end(first); each++) {
      ledger.refused(why);
    }
  }

  // Its events have no answer: for the ledger they were refused.
  private void lost(EventConnection connection, IOException why) {
    if (busy.remove(connection)) {
      refused(connection.first(), "no answer: " + why.getMessage());
    }
    free.remove(connection);
    close(connection);
  }

  /** From when each timed request was due until it was sent: how late the driver itself was. */
  Latencies late() {
    return late;
  }

  /** From when each timed request was due until the collector's answer. */
  Latencies answers() {
    return answers;
  }

  private static void close(EventConnection connection) {
    try {
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    free.forEach(EventDriver::close);
    busy.forEach(EventDriver::close);
    selector.close();
  }
}
