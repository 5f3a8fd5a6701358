package dev.attune.load.refresh;

import dev.attune.load.pipeline.Mix;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Posts events as fast as they are taken: some connections, on each one request at a time, the next
 * with the answer to the one before. Each event is of some person and has an id of its own. One in
 * five may be an identify that changes a trait, as in {@link Mix#BROWSING}, whose people they are.
 */
final class Posts {
  private static final int CONNECTIONS = 32;

  /** The trait that identifies change, an integer. */
  static final String TRAIT = "bench_posted";

  private static final int IDENTIFY_EVERY = 5;
  private static final String ID = "0000000000";

  private final int port;
  private final int batch;
  private final int eventBytes;
  private final boolean identifies;
  private final AtomicLong next;
  private final Acknowledged acknowledged;

  /**
   * @param batch events in one request; 1 sends each alone
   * @param eventBytes of one event as JSON, about
   * @param identifies whether one in five of a batch is one, which is shorter
   * @param next number of the next event; none is sent twice
   * @param acknowledged hears of the events that were taken
   */
  Posts(
      int port,
      int batch,
      int eventBytes,
      boolean identifies,
      AtomicLong next,
      Acknowledged acknowledged) {
    this.port = port;
    this.batch = batch;
    this.eventBytes = eventBytes;
    this.identifies = identifies;
    this.next = next;
    this.acknowledged = acknowledged;
  }

  /**
   * What was answered with 200.
   *
   * @param events in those requests
   * @param refused requests with another answer
   * @param seconds it took
   */
  record Taken(long events, long refused, double seconds) {
    double rate() {
      return events / seconds;
    }
  }

  /** Posts for so long. */
  Taken run(Duration length) throws IOException, InterruptedException {
    long began = System.nanoTime();
    long end = began + length.toNanos();
    AtomicLong taken = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        all.add(
            threads.submit(
                () -> {
                  post(end, taken, refused);
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("a connection failed: " + e.getCause(), e);
    }
    return new Taken(taken.get(), refused.get(), (System.nanoTime() - began) / 1e9);
  }

  private void post(long end, AtomicLong taken, AtomicLong refused) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) Duration.ofSeconds(30).toMillis());
      InputStream in = new BufferedInputStream(socket.getInputStream(), 8 << 10);
      byte[] request = request();
      List<Integer> ids = places(request, "m-" + ID, 2);
      List<Integer> people = places(request, "u-" + ID, 2);
      List<Integer> values = places(request, ":1" + ID, 2);
      while (System.nanoTime() < end) {
        long first = next.getAndAdd(batch);
        for (int i = 0; i < batch; i++) {
          long number = first + i;
          write(request, ids.get(i), number);
          write(request, people.get(i), number % Mix.BROWSERS);
          if (identifies && i % IDENTIFY_EVERY == 0) {
            write(request, values.get(i / IDENTIFY_EVERY), number);
          }
        }
        socket.getOutputStream().write(request);
        if (status(in) == 200) {
          taken.addAndGet(batch);
          acknowledged.add((int) first, batch);
        } else {
          refused.incrementAndGet();
        }
      }
    }
  }

  private byte[] request() {
    String head = "{\"messageId\":\"m-" + ID + "\",\"userId\":\"u-" + ID + "\",";
    String event =
        head
            + "\"type\":\"track\",\"event\":\"Product Viewed\",\"timestamp\":\"2026-11-01T12:00:00.000Z\",\"properties\":{\"sku\":\"S-17\",\"price\":12.5,\"text\":\"";
    String padded = event + "x".repeat(Math.max(0, eventBytes - event.length() - 3)) + "\"}}";
    // A number must not begin with a zero.
    String identify = head + "\"type\":\"identify\",\"traits\":{\"" + TRAIT + "\":1" + ID + "}}";
    String body =
        batch == 1
            ? padded
            : IntStream.range(0, batch)
                .mapToObj(i -> identifies && i % IDENTIFY_EVERY == 0 ? identify : padded)
                .collect(Collectors.joining(",", "{\"batch\":[", "]}"));
    byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
    String line =
        "POST /v1/"
            + (batch == 1 ? "track" : "batch")
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + bytes.length
            + "\r\n\r\n";
    return (line + body).getBytes(StandardCharsets.US_ASCII);
  }

  private static List<Integer> places(byte[] request, String text, int skip) {
    String all = new String(request, StandardCharsets.US_ASCII);
    List<Integer> places = new ArrayList<>();
    for (int at = all.indexOf(text); at >= 0; at = all.indexOf(text, at + 1)) {
      places.add(at + skip);
    }
    return places;
  }

  private static void write(byte[] request, int at, long number) {
    long left = number;
    for (int i = ID.length() - 1; i >= 0; i--) {
      request[at + i] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  /** Reads one answer to its end. */
  private static int status(InputStream in) throws IOException {
    String first = line(in);
    int length = -1;
    boolean chunked = false;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      String header = line.toLowerCase(Locale.ROOT);
      if (header.startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(header.indexOf(':') + 1).strip());
      } else if (header.startsWith("transfer-encoding:")) {
        chunked = true;
      }
    }
    if (chunked || length < 0) {
      throw new IOException("an answer without a length: " + first);
    }
    in.skipNBytes(length);
    return Integer.parseInt(first.substring(9, 12));
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the connection was closed");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
