package dev.attune.standalone.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.standalone.receive.RequestHeaders;
import dev.attune.standalone.receive.Verifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a subscriber would run: takes webhooks on a loopback port of its own and believes none
 * without a valid Standard Webhooks signature.
 */
final class WebhookReceiver implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final int IDS_MAX = 100_000;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Verifier verifier;
  private final AtomicLong verified = new AtomicLong();
  private final AtomicLong repeated = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  // The newest ids: a delivery that comes again is welcome, and counted once.
  private final Set<String> seen =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > IDS_MAX;
                }
              }));

  private WebhookReceiver(HttpServer server, Verifier verifier) {
    this.server = server;
    this.verifier = verifier;
  }

  /**
   * Listens on a free loopback port.
   *
   * @param secret {@code whsec_} and base64
   */
  static WebhookReceiver start(String secret, InstantSource clock) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var receiver = new WebhookReceiver(server, Verifier.ofSecret(secret, clock));
    server.setExecutor(receiver.threads);
    server.createContext("/", receiver::handle);
    server.start();
    return receiver;
  }

  /** A secret nobody knows yet. */
  static String newSecret() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return "whsec_" + Base64.getEncoder().encodeToString(secret);
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Webhooks with a valid signature, each id once. */
  long verified() {
    return verified.get();
  }

  /** Webhooks whose id had been here before. */
  long repeated() {
    return repeated.get();
  }

  /** Webhooks that were not believed. */
  long refused() {
    return refused.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX);
      RequestHeaders headers = RequestHeaders.of(exchange.getRequestHeaders());
      boolean genuine = verifier.verify(headers, body).isGenuine();
      if (!genuine) {
        refused.incrementAndGet();
      } else if (seen.add(headers.first("webhook-id").orElseThrow())) {
        verified.incrementAndGet();
      } else {
        repeated.incrementAndGet();
      }
      exchange.sendResponseHeaders(genuine ? 204 : 401, -1);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
