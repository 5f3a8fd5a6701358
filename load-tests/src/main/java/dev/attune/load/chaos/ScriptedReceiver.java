package dev.attune.load.chaos;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/** All endpoints, on one loopback port, each at a path of its own. They do what the book says. */
final class ScriptedReceiver implements AutoCloseable {
  private static final int BACKLOG = 1_000;
  private static final int LARGE_BODY = 1 << 20;
  private static final int SLOW_BODY = 4_096;
  private static final long DROP_NANOS = Duration.ofMillis(100).toNanos();

  private final Book book;
  private final Duration patience;
  private final ServerSocket server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

  /**
   * @param patience longest that it waits for the other side to give up: longer than the webhooks'
   *     timeout
   */
  ScriptedReceiver(Book book, Duration patience) throws IOException {
    this.book = book;
    this.patience = patience;
    server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("receiver").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Requests that no dispatcher makes. */
  Queue<String> complaints() {
    return complaints;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        threads.execute(() -> serve(socket));
      } catch (IOException | RejectedExecutionException e) {
        if (!server.isClosed()) {
          complaints.add("a connection was not taken: " + e.getClass().getSimpleName());
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      boolean open = true;
      while (open) {
        Optional<Request> request = Request.read(in);
        open = request.isPresent() && answer(book.enter(request.get()), socket, in);
      }
    } catch (IOException e) {
      // It was cut off, by a kill or because it had waited for long enough.
    } catch (RuntimeException e) {
      complaints.add("a request was not understood: " + e.getClass().getSimpleName());
    }
  }

  // Whether the connection can be used again.
  private boolean answer(Answer answer, Socket socket, InputStream in) throws IOException {
    OutputStream out = socket.getOutputStream();
    switch (answer) {
      case TAKEN -> {
        out.write(head("200 OK", 2));
        out.write(text("ok"));
        return true;
      }
      case ERROR -> {
        out.write(head("500 Internal Server Error", 0));
        return true;
      }
      case TAKEN_SLOWLY -> drip(head("200 OK", SLOW_BODY), out);
      case SLOW_ERROR -> drip(head("500 Internal Server Error", SLOW_BODY), out);
      case TAKEN_WORDILY -> pour(head("200 OK", LARGE_BODY), out);
      case WORDY_ERROR -> pour(head("500 Internal Server Error", LARGE_BODY), out);
      case SILENCE -> {
        socket.setSoTimeout((int) patience.toMillis());
        var _ = in.read();
      }
      case RESET -> socket.setSoLinger(true, 0);
      case GARBAGE -> out.write(text("\u0000\u0001no HTTP at all\r\n\r\n".repeat(4)));
    }
    return false;
  }

  private void drip(byte[] head, OutputStream out) throws IOException {
    out.write(head);
    for (long end = System.nanoTime() + patience.toNanos(); System.nanoTime() < end; ) {
      out.write('x');
      LockSupport.parkNanos(DROP_NANOS);
    }
  }

  private static void pour(byte[] head, OutputStream out) throws IOException {
    out.write(head);
    out.write(new byte[LARGE_BODY]);
  }

  private static byte[] head(String status, int length) {
    return text("HTTP/1.1 " + status + "\r\ncontent-length: " + length + "\r\n\r\n");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
