package dev.attune.store.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a DynamoDB and misbehaves for it, in what it answers or by not answering. What it
 * does not spoil it passes on.
 */
final class FaultyDynamo implements AutoCloseable {
  /** What happens to requests of one operation. */
  enum Fault {
    /** Refused as too much, not passed on. */
    THROTTLED,
    /** Of a batch read: no item, and every key left over. */
    UNPROCESSED,
    /** Refused with status 500, not passed on. */
    BROKEN,
    /** Passed on, and the connection closed instead of an answer. */
    UNANSWERED,
    /** Answered with what is not JSON. */
    GARBAGE
  }

  private record Spoiled(Fault fault, AtomicInteger left) {}

  private record Withheld(String table, String key) {}

  private static final int FOR_GOOD = Integer.MAX_VALUE;

  private final URI backend;
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Spoiled> spoiled = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> passedOn = new ConcurrentHashMap<>();
  private final Map<String, String> lastBodies = new ConcurrentHashMap<>();
  private volatile @Nullable Withheld withheld;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger mostUnderWay = new AtomicInteger();
  private final int port;
  private HttpServer server;

  FaultyDynamo(URI backend) {
    this.backend = backend;
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int port) {
    try {
      HttpServer listening =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
      listening.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      listening.createContext("/", this::handle);
      listening.start();
      return listening;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** From now on, for so many requests of an operation such as {@code GetItem}. */
  void spoil(String operation, Fault fault, int times) {
    spoiled.put(operation, new Spoiled(fault, new AtomicInteger(times)));
  }

  /** From now on until {@link #heal}. */
  void spoil(String operation, Fault fault) {
    spoil(operation, fault, FOR_GOOD);
  }

  /** From now on until {@link #heal}, every batch read leaves this key over and no other. */
  void withhold(String table, String key) {
    withheld = new Withheld(table, "{\"id\":{\"S\":\"%s\"}}".formatted(key));
  }

  void heal() {
    spoiled.clear();
    withheld = null;
  }

  /** Nobody listens any more. */
  void vanish() {
    server.stop(0);
  }

  /** Listens again, where it did. */
  void comeBack() {
    server = listen(port);
  }

  int asked(String operation) {
    return count(asked, operation).get();
  }

  int passedOn(String operation) {
    return count(passedOn, operation).get();
  }

  /** What the last request of an operation said; empty when there was none. */
  String lastBody(String operation) {
    return lastBodies.getOrDefault(operation, "");
  }

  /** The most requests that were passed on and not yet answered at a time. */
  int mostUnderWay() {
    return mostUnderWay.get();
  }

  private static AtomicInteger count(Map<String, AtomicInteger> counts, String operation) {
    return counts.computeIfAbsent(operation, _ -> new AtomicInteger());
  }

  private void handle(HttpExchange exchange) throws IOException {
    String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    String operation = target.substring(target.indexOf('.') + 1);
    byte[] body = exchange.getRequestBody().readAllBytes();
    String request = new String(body, UTF_8);
    var _ = count(asked, operation).incrementAndGet();
    lastBodies.put(operation, request);
    Spoiled fault = spoiled.get(operation);
    Withheld key = withheld;
    if (operation.equals("BatchGetItem") && key != null && request.contains(key.key())) {
      answer(exchange, 200, withholding(exchange, request, key));
      return;
    }
    if (fault == null || fault.left().getAndDecrement() <= 0) {
      answer(exchange, pass(exchange, operation, body));
      return;
    }
    switch (fault.fault()) {
      case THROTTLED ->
          answer(exchange, 400, error("ProvisionedThroughputExceededException", "user_id:42"));
      case UNPROCESSED -> answer(exchange, 200, unprocessed(request));
      case BROKEN -> answer(exchange, 500, error("InternalServerError", "user_id:42"));
      case UNANSWERED -> {
        var _ = pass(exchange, operation, body);
        exchange.close();
      }
      case GARBAGE -> answer(exchange, 200, "{\"Item\": user_id:42");
    }
  }

  private static String error(String code, String message) {
    return "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"%s\"}"
        .formatted(code, message);
  }

  /** The request is exactly {@code {"RequestItems":{...}}}. */
  private static String unprocessed(String request) {
    String start = "{\"RequestItems\":";
    if (!request.startsWith(start)) {
      throw new IllegalStateException("not a batch read");
    }
    return "{\"Responses\":{},\"UnprocessedKeys\":" + request.substring(start.length());
  }

  /** Passes the other keys on, if there are any, and says that the withheld one is left over. */
  private String withholding(HttpExchange exchange, String request, Withheld withheld)
      throws IOException {
    String others =
        request
            .replace(withheld.key() + ",", "")
            .replace("," + withheld.key(), "")
            .replace(withheld.key(), "")
            .replaceFirst("\"" + withheld.table() + "\":\\{\"Keys\":\\[\\],[^}]*\\},?", "")
            .replace("},}", "}}");
    if (others.equals("{\"RequestItems\":{}}")) {
      return unprocessed(request);
    }
    HttpResponse<byte[]> response = pass(exchange, "BatchGetItem", others.getBytes(UTF_8));
    return new String(response.body(), UTF_8)
        .replace(
            "\"UnprocessedKeys\":{}",
            "\"UnprocessedKeys\":{\"%s\":{\"Keys\":[%s]}}"
                .formatted(withheld.table(), withheld.key()));
  }

  private HttpResponse<byte[]> pass(HttpExchange exchange, String operation, byte[] body)
      throws IOException {
    var _ = count(passedOn, operation).incrementAndGet();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(backend).POST(HttpRequest.BodyPublishers.ofByteArray(body));
    for (String header :
        new String[] {"X-Amz-Target", "Content-Type", "Authorization", "X-Amz-Date"}) {
      request.header(header, exchange.getRequestHeaders().getFirst(header));
    }
    // Until its answer is here: whoever has it sends the next one before we know that it is sent.
    mostUnderWay.accumulateAndGet(underWay.incrementAndGet(), Math::max);
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } finally {
      underWay.decrementAndGet();
    }
  }

  private static void answer(HttpExchange exchange, HttpResponse<byte[]> response)
      throws IOException {
    answer(exchange, response.statusCode(), response.body());
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    answer(exchange, status, body.getBytes(UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
    client.shutdownNow();
  }
}
