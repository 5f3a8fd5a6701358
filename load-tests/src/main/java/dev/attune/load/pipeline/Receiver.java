package dev.attune.load.pipeline;

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
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A subscriber on a loopback port of its own. It believes what the public Standard Webhooks library
 * believes, and notes when each event's webhook came, by the event's id.
 */
final class Receiver implements AutoCloseable {
  static final String PATH = "/hooks/bench";
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String secret;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong verified = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile Optional<Subscriber> subscriber = Optional.empty();

  private record Subscriber(Plan plan, Ledger ledger) {}

  private Receiver(String secret, HttpServer server) {
    this.secret = secret;
    this.server = server;
  }

  /** Listens on a free port. */
  static Receiver start() throws IOException {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var receiver = new Receiver("whsec_" + Base64.getEncoder().encodeToString(secret), server);
    server.setExecutor(receiver.threads);
    server.createContext(PATH, receiver::handle);
    server.start();
    return receiver;
  }

  /** Notes from now on what comes. */
  void note(Plan plan, Ledger ledger) {
    subscriber = Optional.of(new Subscriber(plan, ledger));
  }

  String secret() {
    return secret;
  }

  /** {@code host:port}, as an allow-list names it. */
  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** Deliveries that the library believed. */
  long verified() {
    return verified.get();
  }

  /** Deliveries of an event that had come before. */
  long repeated() {
    return repeated.get();
  }

  /** Deliveries that were not believed, or are about no event of ours. */
  long refused() {
    return refused.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    long now = System.nanoTime();
    try (exchange) {
      String body =
          new String(exchange.getRequestBody().readNBytes(BODY_BYTES_MAX), StandardCharsets.UTF_8);
      boolean taken = isGenuine(exchange, body) && take(body, now);
      (taken ? verified : refused).incrementAndGet();
      exchange.sendResponseHeaders(taken ? 204 : 400, -1);
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

  private boolean take(String body, long now) throws IOException {
    Subscriber to = subscriber.orElse(null);
    if (to == null) {
      return false;
    }
    String eventId = JSON.readTree(body).path("data").path("event_id").asText();
    var event = to.plan().event(eventId);
    if (event.isEmpty()) {
      return false;
    }
    if (to.ledger().isDelivered(event.getAsInt())) {
      repeated.incrementAndGet();
    }
    to.ledger().delivered(event.getAsInt(), now);
    return true;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
