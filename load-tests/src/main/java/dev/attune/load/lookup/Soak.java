package dev.attune.load.lookup;

import dev.attune.load.process.Child;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Looks every second at a server's resident memory and at what its near-cache holds. */
final class Soak implements AutoCloseable {
  /** In which caches fill and code is compiled: what is resident then does not count. */
  static final Duration SETTLES = Duration.ofMinutes(1);

  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  /** For a collection of the whole heap, while both cores are busy. */
  private static final Duration COLLECT_MAX = Duration.ofSeconds(30);

  private final Child server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final long start = System.nanoTime();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name("soak").daemon().unstarted(this::run);
  private final SoakReadings readings = new SoakReadings();

  private Soak(Child server) {
    this.server = server;
  }

  /** Begins. */
  static Soak start(Child server) {
    var soak = new Soak(server);
    soak.thread.start();
    return soak;
  }

  /** What was seen; to be asked when it is closed. */
  SoakReadings readings() {
    return readings;
  }

  private void run() {
    boolean settled = false;
    try {
      // On the second, however long an answer took.
      for (long look = 1; !stop.await(untilSecond(look), TimeUnit.NANOSECONDS); look++) {
        boolean was = settled;
        settled = System.nanoTime() - start > SETTLES.toNanos();
        if (settled && !was) {
          look(() -> readings.settled(ask(LookupServer.LIVE_PATH, COLLECT_MAX)));
        }
        look(() -> readings.cacheBytes(ask(LookupServer.CACHE_PATH, ASK_MAX)));
        if (settled) {
          look(() -> readings.residentMb(residentNow()));
        }
      }
      look(() -> readings.ended(ask(LookupServer.LIVE_PATH, COLLECT_MAX)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long untilSecond(long second) {
    return Math.max(0, start + TimeUnit.SECONDS.toNanos(second) - System.nanoTime());
  }

  private interface Look {
    void run() throws IOException, InterruptedException;
  }

  private void look(Look look) throws InterruptedException {
    try {
      look.run();
    } catch (IOException e) {
      readings.missed();
    }
  }

  private double ask(String path, Duration max) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port("http") + path);
    HttpResponse<String> reply =
        http.send(HttpRequest.newBuilder(uri).timeout(max).build(), BodyHandlers.ofString());
    if (reply.statusCode() != 200) {
      throw new IOException("the server said " + reply.statusCode());
    }
    return Double.parseDouble(reply.body());
  }

  private double residentNow() throws IOException {
    Path status = Path.of("/proc", String.valueOf(server.handle().pid()), "status");
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_024.0)
          .findFirst()
          .orElseThrow(() -> new IOException("the process has no memory"));
    }
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(COLLECT_MAX.plus(ASK_MAX).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
  }
}
