package dev.attune.load.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * One subscriber. It believes what the public Standard Webhooks library believes, and knows of each
 * profile which transition came last.
 */
final class Endpoint implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final long MICROS_MAX = 600_000_000;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String secret;
  private final Duration delay;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Long> last = new ConcurrentHashMap<>();
  private final Histogram micros = new Histogram(1, MICROS_MAX, 3);
  private long measureFrom = Long.MAX_VALUE;
  private long received;
  private long repeated;
  private long disordered;
  private long refused;
  private long bytes;

  /**
   * Listens on a free loopback port.
   *
   * @param delay before each answer
   */
  Endpoint(String secret, Duration delay) throws IOException {
    this.secret = secret;
    this.delay = delay;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX);
      boolean genuine = isGenuine(exchange, new String(body, StandardCharsets.UTF_8));
      take(genuine, genuine ? JSON.readTree(body).path("data") : JSON.nullNode(), now, body.length);
      LockSupport.parkNanos(delay.toNanos());
      exchange.sendResponseHeaders(genuine ? 204 : 400, -1);
    }
  }

  private boolean isGenuine(HttpExchange exchange, String body) {
    try {
      new Webhook(secret)
          .verify(body, HttpHeaders.of(exchange.getRequestHeaders(), (_, _) -> true).map());
      return true;
    } catch (WebhookVerificationException | EmptyWebhookSecretException e) {
      return false;
    }
  }

  private synchronized void take(boolean genuine, JsonNode data, long now, int size) {
    if (!genuine) {
      refused++;
      return;
    }
    long number = data.path("definition_version").asLong();
    long before = last.getOrDefault(data.path("profile_id").asText(), 0L);
    if (number == before) {
      repeated++;
      return;
    }
    if (number != before + 1) {
      disordered++;
    }
    last.put(data.path("profile_id").asText(), Math.max(before, number));
    received++;
    bytes += size;
    long at = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(data.path("at").asText()));
    if (at >= measureFrom) {
      micros.recordValue(Math.clamp(now - at, 1, MICROS_MAX));
    }
  }

  /**
   * Latencies are those of transitions from an instant on, in microseconds; what was is forgotten.
   */
  synchronized void measureFrom(long atMicros) {
    measureFrom = atMicros;
    micros.reset();
  }

  /** Different deliveries that were believed. */
  synchronized long received() {
    return received;
  }

  /** What came, and when: times in milliseconds since each transition was due. */
  synchronized Map<String, Number> stats() {
    return Map.of(
        "received",
        received,
        "repeated",
        repeated,
        "disordered",
        disordered,
        "refused",
        refused,
        "bytes",
        received == 0 ? 0 : bytes / received,
        "samples",
        micros.getTotalCount(),
        "p50",
        micros.getValueAtPercentile(50) / 1_000.0,
        "p99",
        micros.getValueAtPercentile(99) / 1_000.0,
        "p999",
        micros.getValueAtPercentile(99.9) / 1_000.0);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
