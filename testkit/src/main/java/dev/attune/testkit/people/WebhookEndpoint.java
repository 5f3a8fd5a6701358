package dev.attune.testkit.people;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A subscriber that remembers what it was sent. It fails some deliveries once: which ones is a
 * function of the seed and their id.
 */
public final class WebhookEndpoint implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String secret;
  private final Webhook verifier;
  private final long seed;
  private final double failures;
  private final Map<String, String> bodies = new ConcurrentHashMap<>();
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();

  private WebhookEndpoint(
      HttpServer server, String secret, Webhook verifier, long seed, double failures) {
    this.server = server;
    this.secret = secret;
    this.verifier = verifier;
    this.seed = seed;
    this.failures = failures;
  }

  /**
   * Listens on a free loopback port.
   *
   * @param failures part of the deliveries that are answered with 500 the first time, 0 to 1
   */
  public static WebhookEndpoint start(long seed, double failures) throws IOException {
    byte[] key = new byte[32];
    new Random(seed).nextBytes(key);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String secret = "whsec_" + Base64.getEncoder().encodeToString(key);
    var endpoint = new WebhookEndpoint(server, secret, verifier(secret), seed, failures);
    server.setExecutor(endpoint.threads);
    server.createContext("/", endpoint::handle);
    server.start();
    return endpoint;
  }

  private static Webhook verifier(String secret) {
    try {
      return new Webhook(secret);
    } catch (EmptyWebhookSecretException e) {
      throw new IllegalStateException("the secret is empty", e);
    }
  }

  /** {@code host:port}, as an allow-list names it. */
  public String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** Writes a config file that allows it, and returns the file. */
  public Path allowIn(Path config) throws IOException {
    return Files.writeString(config, "webhooks: {allow: [\"" + address() + "\"]}\n");
  }

  /** What a definition's secret file holds. */
  public String secret() {
    return secret;
  }

  /** The body of each delivery that was taken, by webhook-id. */
  public Map<String, String> taken() {
    Map<String, String> result = new ConcurrentHashMap<>(bodies);
    result.keySet().retainAll(taken);
    return result;
  }

  /** What must never happen: a signature that does not verify, an id with two bodies. */
  public Queue<String> complaints() {
    return complaints;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String id = String.valueOf(exchange.getRequestHeaders().getFirst("webhook-id"));
      try {
        verifier.verify(body, exchange.getRequestHeaders());
      } catch (WebhookVerificationException e) {
        complaints.add(id + " does not verify: " + e.getMessage());
      }
      String before = bodies.putIfAbsent(id, body);
      if (before != null && !before.equals(body)) {
        complaints.add(id + " has two bodies: " + before + " and " + body);
      }
      boolean fails = before == null && new Random(seed ^ id.hashCode()).nextDouble() < failures;
      if (!fails) {
        taken.add(id);
      }
      exchange.sendResponseHeaders(fails ? 500 : 204, -1);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
