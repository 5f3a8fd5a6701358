package dev.attune.load.lookup;

import dev.attune.load.socket.Connection;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread that asks over some connections. Closed: so many calls are under way all the time,
 * which finds out how much there is to have. Open: calls are due at fixed times, and an answer's
 * latency counts from there, whoever was late.
 */
final class Driver implements AutoCloseable {
  private static final Duration DRAIN_MAX = Duration.ofSeconds(3);
  private static final long PAUSE_NANOS = 50_000;
  private static final int BACKLOG_MAX = 200_000;

  private final List<? extends Connection> connections;
  private final Selector selector = Selector.open();
  private final Window window;
  private int turn;

  /** Hears, on the driver's thread, when what counts begins and ends. */
  interface Window {
    void begins();

    void ends();
  }

  Driver(List<? extends Connection> connections, Window window) throws IOException {
    this.connections = connections;
    this.window = window;
    for (Connection connection : connections) {
      connection.register(selector);
      connection.flush(selector);
    }
  }

  /** Keeps calls under way, the same number on every connection. */
  Tally closed(IntSupplier who, int underWay, Duration warmUp, Duration length) throws IOException {
    var tally = new Tally(Long.MAX_VALUE);
    long begin = System.nanoTime() + warmUp.toNanos();
    long end = begin + length.toNanos();
    var state =
        new Object() {
          boolean counting;
          boolean running = true;
          long began;
        };
    Connection.Answers answers =
        (connection, _, due, outcome) -> {
          long now = System.nanoTime();
          if (state.counting) {
            tally.record(outcome, now - due);
          } else {
            tally.recordOutside(outcome);
          }
          if (state.running && connection.hasRoom()) {
            connection.call(who.getAsInt(), now);
          }
        };
    while (true) {
      long now = System.nanoTime();
      if (!state.counting && now >= begin) {
        window.begins();
        state.counting = true;
        state.began = System.nanoTime();
      }
      if (now >= end) {
        break;
      }
      for (Connection connection : connections) {
        // Also where a window or the setting of the server has left no room before.
        while (connection.underWay() < underWay && connection.hasRoom()) {
          connection.call(who.getAsInt(), System.nanoTime());
        }
      }
      flush();
      select(1, answers);
    }
    state.counting = false;
    state.running = false;
    tally.lasted(System.nanoTime() - state.began);
    window.ends();
    drain(answers);
    return tally;
  }

  /**
   * So many calls at once, and again when the last has its answer: the latency of all of them
   * together. One connection.
   */
  Tally bursts(IntSupplier who, int calls, Duration warmUp, Duration length) throws IOException {
    var tally = new Tally(Long.MAX_VALUE);
    Connection connection = connections.getFirst();
    long begin = System.nanoTime() + warmUp.toNanos();
    long end = begin + length.toNanos();
    int[] worst = {Tally.VERIFIED};
    Connection.Answers answers =
        (_, _, _, outcome) -> worst[0] = outcome == Tally.VERIFIED ? worst[0] : outcome;
    for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
      worst[0] = Tally.VERIFIED;
      for (int made = 0; made < calls || connection.underWay() > 0; ) {
        while (made < calls && connection.hasRoom()) {
          connection.call(who.getAsInt(), now);
          made++;
        }
        flush();
        select(1, answers);
      }
      if (now >= begin) {
        tally.record(worst[0], System.nanoTime() - now);
      }
    }
    tally.lasted(length.toNanos());
    return tally;
  }

  /**
   * Calls at fixed times. One that finds no connection with room waits for one, as in a client's
   * queue.
   *
   * @param rate calls a second
   */
  Tally open(IntSupplier who, double rate, Duration warmUp, Duration length) throws IOException {
    return open(who, rate, warmUp, length, Duration.ofDays(1), BACKLOG_MAX);
  }

  /**
   * Calls at fixed times.
   *
   * @param deadline after which an answer is of no use
   * @param backlogMax calls that may wait for room; one more is not made
   */
  Tally open(
      IntSupplier who,
      double rate,
      Duration warmUp,
      Duration length,
      Duration deadline,
      int backlogMax)
      throws IOException {
    var tally = new Tally(deadline.toNanos());
    double interval = 1e9 / rate;
    long start = System.nanoTime();
    long begin = start + warmUp.toNanos();
    long end = begin + length.toNanos();
    Connection.Answers answers =
        (_, _, due, outcome) -> {
          if (due >= begin) {
            tally.record(outcome, System.nanoTime() - due);
          } else {
            tally.recordOutside(outcome);
          }
        };
    ArrayDeque<Long> backlog = new ArrayDeque<>();
    boolean counting = false;
    long made = 0;
    while (true) {
      long now = System.nanoTime();
      if (!counting && now >= begin) {
        window.begins();
        counting = true;
      }
      if (now >= end) {
        break;
      }
      sendWaiting(backlog, who);
      long due = start + (long) (made * interval);
      while (due <= now) {
        Connection room = backlog.isEmpty() ? withRoom() : null;
        if (room != null) {
          room.call(who.getAsInt(), due);
          made++;
        } else if (backlog.size() < backlogMax) {
          backlog.add(due);
          made++;
        } else {
          // In one step: far beyond what can be sent, looking at each would take the cores from
          // the server that is measured.
          long overdue = (long) ((now - due) / interval) + 1;
          if (due >= begin) {
            tally.notSent(overdue);
          }
          made += overdue;
        }
        due = start + (long) (made * interval);
      }
      flush();
      // Where nothing has room, only an answer makes any.
      if (select(withRoom() == null ? 1 : 0, answers) == 0) {
        long wait = due - System.nanoTime();
        if (wait > TimeUnit.MILLISECONDS.toNanos(2)) {
          select(1, answers);
        } else if (wait > 0) {
          LockSupport.parkNanos(Math.min(wait, PAUSE_NANOS));
        }
      }
    }
    for (int i = backlog.size(); i > 0; i--) {
      tally.notSent();
    }
    tally.lasted(end - begin);
    window.ends();
    drain(answers);
    return tally;
  }

  /** The next one in turn that has room, null when none has any. */
  private @Nullable Connection withRoom() {
    for (int tried = connections.size(); tried > 0; tried--) {
      Connection connection = connections.get(turn);
      turn = turn + 1 == connections.size() ? 0 : turn + 1;
      if (connection.hasRoom()) {
        return connection;
      }
    }
    return null;
  }

  private void sendWaiting(ArrayDeque<Long> backlog, IntSupplier who) {
    while (!backlog.isEmpty()) {
      Connection connection = withRoom();
      if (connection == null) {
        return;
      }
      connection.call(who.getAsInt(), backlog.remove());
    }
  }

  private int select(long millis, Connection.Answers answers) throws IOException {
    return millis == 0
        ? selector.selectNow(key -> ready(key, answers))
        : selector.select(key -> ready(key, answers), millis);
  }

  private void ready(SelectionKey key, Connection.Answers answers) {
    Connection connection = (Connection) key.attachment();
    try {
      if (key.isReadable()) {
        connection.read(answers);
      }
      connection.flush(selector);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void flush() throws IOException {
    for (Connection connection : connections) {
      if (connection.hasMore()) {
        connection.flush(selector);
      }
    }
  }

  // What is still under way belongs to nobody's window, but must not disturb the next one.
  private void drain(Connection.Answers answers) throws IOException {
    long deadline = System.nanoTime() + DRAIN_MAX.toNanos();
    while (System.nanoTime() < deadline
        && connections.stream().anyMatch(connection -> connection.underWay() > 0)) {
      flush();
      select(1, answers);
    }
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : connections) {
      connection.close();
    }
    selector.close();
  }
}
