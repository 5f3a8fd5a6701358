package dev.attune.load.pipeline;

import dev.attune.standalone.terminal.Progress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends a plan's events open-loop: each when it is due, however long the answers to earlier ones
 * take, in a request of its own over kept-alive HTTP/1.1 connections.
 */
final class EventDriver implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final String WRITE_KEY =
      "Basic " + Base64.getEncoder().encodeToString("bench:".getBytes(StandardCharsets.ISO_8859_1));

  /** Requests at once, below what the collector takes. */
  private static final int IN_FLIGHT_MAX = 400;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ANSWER)
          .executor(threads)
          .build();
  private final URI collector;
  private final Plan plan;
  private final Ledger ledger;
  private final IntConsumer onAcknowledged;
  private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);
  private final Latencies late = new Latencies();
  private final Latencies answers = new Latencies();

  /**
   * @param onAcknowledged hears of each event once the collector has answered for it
   */
  EventDriver(URI collector, Plan plan, Ledger ledger, IntConsumer onAcknowledged) {
    this.collector = collector;
    this.plan = plan;
    this.ledger = ledger;
    this.onAcknowledged = onAcknowledged;
  }

  /**
   * Sends all of it and waits for every answer.
   *
   * @param onTimed called when the warm-up is over, before the first event that is timed
   */
  void run(Progress progress, Runnable onTimed) throws InterruptedException {
    long began = System.nanoTime();
    for (int i = 0; i < plan.events(); i++) {
      if (i == plan.warmUpEvents()) {
        onTimed.run();
      }
      long due = began + plan.dueNanos(i);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      inFlight.acquire();
      if (plan.isTimed(i)) {
        late.record(System.nanoTime() - due);
      }
      send(i, due);
      progress.at(i + 1);
    }
    if (!inFlight.tryAcquire(IN_FLIGHT_MAX, ANSWER.toSeconds() * 2, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the collector has not answered to every request");
    }
    inFlight.release(IN_FLIGHT_MAX);
  }

  private void send(int i, long due) {
    HttpRequest request =
        HttpRequest.newBuilder(collector.resolve(plan.path(i)))
            .timeout(ANSWER)
            .header("Content-Type", "application/json")
            .header("Authorization", WRITE_KEY)
            .POST(HttpRequest.BodyPublishers.ofString(plan.json(i, Instant.now())))
            .build();
    var _ =
        http.sendAsync(request, BodyHandlers.discarding())
            .whenComplete(
                (response, _) -> {
                  answered(i, due, response);
                  inFlight.release();
                });
  }

  private void answered(int i, long due, @Nullable HttpResponse<?> response) {
    long now = System.nanoTime();
    if (response == null || response.statusCode() != 200) {
      ledger.refused();
      return;
    }
    ledger.acknowledged(i, now);
    if (plan.isTimed(i)) {
      answers.record(now - due);
    }
    onAcknowledged.accept(i);
  }

  /** From when each timed event was due until it was sent: how late the driver itself was. */
  Latencies late() {
    return late;
  }

  /** From when each timed event was due until the collector's answer. */
  Latencies answers() {
    return answers;
  }

  @Override
  public void close() {
    http.close();
    threads.close();
  }
}
