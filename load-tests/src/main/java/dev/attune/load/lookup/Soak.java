package dev.attune.load.lookup;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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

  private final Child server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final long start = System.nanoTime();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name("soak").daemon().unstarted(this::run);
  private final Series residentMb = new Series();
  private final Series cacheBytes = new Series();

  private Soak(Child server) {
    this.server = server;
  }

  /** Begins. */
  static Soak start(Child server) {
    var soak = new Soak(server);
    soak.thread.start();
    return soak;
  }

  /** In megabytes, since it has settled; to be asked when it is closed. */
  Series residentMb() {
    return residentMb;
  }

  /** As the near-cache says, all the time; to be asked when it is closed. */
  Series cacheBytes() {
    return cacheBytes;
  }

  private void run() {
    try {
      while (!stop.await(1, TimeUnit.SECONDS)) {
        cacheBytes.add(Double.parseDouble(ask()));
        if (System.nanoTime() - start > SETTLES.toNanos()) {
          residentMb.add(residentNow());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The server is gone; the driver says so.
    }
  }

  private String ask() throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port("http") + LookupServer.CACHE_PATH);
    return http.send(
            HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
            BodyHandlers.ofString())
        .body();
  }

  private double residentNow() throws IOException {
    Path status = Path.of("/proc", String.valueOf(server.handle().pid()), "status");
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1_024.0)
          .findFirst()
          .orElseThrow();
    }
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(15));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
  }
}
