package dev.attune.testkit.people;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Senders on connections of their own, each of which repeats a request until it is acknowledged, as
 * SDKs do: what was acknowledged is then all that was ever sent.
 */
public final class Load implements AutoCloseable {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(15);
  private static final Duration STOP_MAX = Duration.ofSeconds(90);
  private static final long BACKOFF_NANOS = 20_000_000;

  /** A load that a busy machine can follow. */
  private static final Duration PACE = Duration.ofMillis(8);

  private static final int BATCH_MAX = 8;

  private final Supplier<String> url;
  private final Duration pace;
  private final List<Sender> senders = new ArrayList<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private volatile boolean stopping;

  private Load(Supplier<String> url, Duration pace) {
    this.url = url;
    this.pace = pace;
  }

  /**
   * Starts to send.
   *
   * @param url of the collector; asked for each request
   */
  public static Load start(Supplier<String> url, Random random, int connections) {
    return start(url, random, 0, connections, Traffic.USERS, PACE);
  }

  /**
   * The same.
   *
   * @param first sender's number: those of two loads on one system differ
   * @param users as of {@link Traffic}
   * @param pace between requests of one sender
   */
  public static Load start(
      Supplier<String> url, Random random, int first, int connections, int users, Duration pace) {
    Load load = new Load(url, pace);
    Instant now = Instant.now();
    for (int i = first; i < first + connections; i++) {
      Random own = new Random(random.nextLong());
      load.senders.add(load.new Sender(i, own, new Traffic(own, i, now, users)));
    }
    load.senders.forEach(sender -> sender.thread.start());
    return load;
  }

  /** Events that were acknowledged so far. */
  public long acknowledged() {
    return acknowledged.get();
  }

  /** Requests that were sent again because they were not acknowledged. */
  public long repeated() {
    return repeated.get();
  }

  /**
   * Ends it; returns every event that was acknowledged, as it was sent.
   *
   * @throws IllegalStateException when a request is not acknowledged in time
   */
  public List<JsonNode> stop() throws InterruptedException {
    stopping = true;
    List<JsonNode> all = new ArrayList<>();
    for (Sender sender : senders) {
      if (!sender.thread.join(STOP_MAX)) {
        sender.thread.interrupt();
        throw new IllegalStateException("a request was not acknowledged within " + STOP_MAX);
      }
      all.addAll(sender.sent);
    }
    return all;
  }

  /** Gives up what is not acknowledged. */
  @Override
  public void close() {
    stopping = true;
    senders.forEach(sender -> sender.thread.interrupt());
  }

  private final class Sender {
    private final Random random;
    private final Traffic traffic;
    private final HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final List<JsonNode> sent = new ArrayList<>();
    final Thread thread;

    Sender(int number, Random random, Traffic traffic) {
      this.random = random;
      this.traffic = traffic;
      this.thread = Thread.ofPlatform().name("sender-" + number).daemon().unstarted(this::run);
    }

    private void run() {
      while (!stopping && !Thread.currentThread().isInterrupted()) {
        List<JsonNode> events = new ArrayList<>();
        for (int left = random.nextInt(3) == 0 ? 1 + random.nextInt(BATCH_MAX) : 1;
            left > 0;
            left--) {
          // Now and then one that was acknowledged long ago comes again.
          boolean again = random.nextInt(50) == 0 && !sent.isEmpty();
          events.add(again ? sent.get(random.nextInt(sent.size())) : traffic.next());
        }
        if (!sendUntilAcknowledged(events)) {
          return;
        }
        sent.addAll(events);
        acknowledged.addAndGet(events.size());
        LockSupport.parkNanos(pace.toNanos());
      }
    }

    private boolean sendUntilAcknowledged(List<JsonNode> events) {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          if (send(events)) {
            return true;
          }
        } catch (IOException e) {
          // Nobody there, or the connection ended before the answer.
        } catch (InterruptedException e) {
          return false;
        }
        repeated.incrementAndGet();
        LockSupport.parkNanos(BACKOFF_NANOS);
      }
      return false;
    }

    private boolean send(List<JsonNode> events) throws IOException, InterruptedException {
      String path;
      JsonNode body;
      if (events.size() == 1) {
        path = "/v1/" + events.getFirst().path("type").asText();
        body = events.getFirst();
      } else {
        ObjectNode batch = Traffic.JSON.createObjectNode();
        batch.putArray("batch").addAll(events);
        path = "/v1/batch";
        body = batch;
      }
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url.get() + path))
              .timeout(ANSWER_MAX)
              .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }
  }
}
