package dev.attune.standalone.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber would run: takes webhooks on a loopback port of its own and believes none
 * without a valid Standard Webhooks signature. Written against the specification, not against the
 * dispatcher, so that the two check each other.
 */
final class WebhookReceiver implements AutoCloseable {
  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final int IDS_MAX = 100_000;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final byte[] key;
  private final InstantSource clock;
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

  private WebhookReceiver(HttpServer server, byte[] key, InstantSource clock) {
    this.server = server;
    this.key = key;
    this.clock = clock;
  }

  /**
   * Listens on a free loopback port.
   *
   * @param secret {@code whsec_} and base64
   */
  static WebhookReceiver start(String secret, InstantSource clock) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] key = Base64.getDecoder().decode(secret.substring("whsec_".length()));
    var receiver = new WebhookReceiver(server, key, clock);
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
      String id = exchange.getRequestHeaders().getFirst("webhook-id");
      boolean genuine =
          id != null
              && verifies(
                  id,
                  exchange.getRequestHeaders().getFirst("webhook-timestamp"),
                  exchange.getRequestHeaders().getFirst("webhook-signature"),
                  body);
      if (!genuine) {
        refused.incrementAndGet();
      } else if (seen.add(id)) {
        verified.incrementAndGet();
      } else {
        repeated.incrementAndGet();
      }
      exchange.sendResponseHeaders(genuine ? 204 : 401, -1);
    }
  }

  private boolean verifies(
      String id, @Nullable String timestamp, @Nullable String signatures, byte[] body) {
    if (timestamp == null || signatures == null || !timestamp.matches("\\d{1,12}")) {
      return false;
    }
    Instant sent = Instant.ofEpochSecond(Long.parseLong(timestamp));
    if (Duration.between(sent, clock.instant()).abs().compareTo(TOLERANCE) > 0) {
      return false;
    }
    byte[] expected = sign((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8), body);
    for (String signature : signatures.split(" ", -1)) {
      if (signature.startsWith("v1,")
          && MessageDigest.isEqual(
              expected, signature.substring(3).getBytes(StandardCharsets.US_ASCII))) {
        return true;
      }
    }
    return false;
  }

  private byte[] sign(byte[] head, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(head);
      return Base64.getEncoder().encode(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
