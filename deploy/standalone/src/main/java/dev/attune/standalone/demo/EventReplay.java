package dev.attune.standalone.demo;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Sends the shop's events to the collector at a steady rate, as an SDK would: in small batches. */
final class EventReplay implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int BATCH_EVENTS_MAX = 500;
  private static final String WRITE_KEY = "demo";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWER).build();
  private final URI collector;
  private final Visits visits;
  private final int perSecond;
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final Thread thread;
  private volatile boolean stopped;

  private EventReplay(URI collector, Visits visits, int perSecond) {
    this.collector = collector;
    this.visits = visits;
    this.perSecond = perSecond;
    this.thread = Thread.ofPlatform().name("demo-events").daemon().unstarted(this::run);
  }

  /**
   * Begins.
   *
   * @param server the collector's {@code http://host:port}
   */
  static EventReplay start(URI server, Visits visits, int perSecond) {
    var replay = new EventReplay(server.resolve("/v1/batch"), visits, perSecond);
    replay.thread.start();
    return replay;
  }

  /** Events that the collector answered for. */
  long accepted() {
    return accepted.get();
  }

  /** Events that it did not take; they are not sent again. */
  long refused() {
    return refused.get();
  }

  private void run() {
    long began = System.nanoTime();
    long sent = 0;
    while (!stopped) {
      long due = (System.nanoTime() - began) * perSecond / 1_000_000_000L;
      // After a stall it goes on at its rate instead of catching up at once.
      if (due - sent > BATCH_EVENTS_MAX) {
        began = System.nanoTime();
        sent = 0;
        continue;
      }
      if (due > sent) {
        send((int) (due - sent));
        sent = due;
      }
      LockSupport.parkNanos(TICK.toNanos());
    }
  }

  private void send(int count) {
    ObjectNode batch = JSON.createObjectNode();
    ArrayNode events = batch.putArray("batch");
    Instant now = Instant.now();
    for (int i = 0; i < count; i++) {
      events.add(visits.next(now));
    }
    String basic =
        Base64.getEncoder().encodeToString((WRITE_KEY + ":").getBytes(StandardCharsets.UTF_8));
    HttpRequest request =
        HttpRequest.newBuilder(collector)
            .timeout(ANSWER)
            .header("Content-Type", "application/json")
            .header("Authorization", "Basic " + basic)
            .POST(HttpRequest.BodyPublishers.ofString(batch.toString()))
            .build();
    try {
      int status = http.send(request, BodyHandlers.discarding()).statusCode();
      (status == 200 ? accepted : refused).addAndGet(count);
    } catch (IOException e) {
      refused.addAndGet(count);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
  }

  @Override
  public void close() {
    stopped = true;
    LockSupport.unpark(thread);
    try {
      thread.join(ANSWER);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
  }
}
