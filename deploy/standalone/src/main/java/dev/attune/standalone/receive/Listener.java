package dev.attune.standalone.receive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Takes webhooks on a loopback port, and shows each: whether it is genuine, and its body. One that
 * is not is answered with 401.
 */
final class Listener implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 2 << 20;
  private static final int IDS_MAX = 100_000;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Verifier verifier;
  private final Terminal terminal;
  private final Set<String> seen =
      Collections.newSetFromMap(
          Collections.synchronizedMap(
              new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                  return size() > IDS_MAX;
                }
              }));

  private Listener(HttpServer server, Verifier verifier, Terminal terminal) {
    this.server = server;
    this.verifier = verifier;
    this.terminal = terminal;
  }

  /**
   * Listens from now on.
   *
   * @param port 0 for a free one
   * @throws IOException when the port cannot be had
   */
  static Listener start(int port, Verifier verifier, Terminal terminal) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    Listener listener = new Listener(server, verifier, terminal);
    server.setExecutor(listener.threads);
    server.createContext("/", listener::handle);
    server.start();
    return listener;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
      if (body.length > BODY_BYTES_MAX) {
        terminal.result("refused: the body is larger than " + (BODY_BYTES_MAX >> 20) + " MB");
        exchange.sendResponseHeaders(413, -1);
        return;
      }
      if (!exchange.getRequestMethod().equals("POST")) {
        terminal.result("refused: " + Shown.text(exchange.getRequestMethod()) + ", not POST");
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      RequestHeaders headers = RequestHeaders.of(exchange.getRequestHeaders());
      Verifier.Verdict verdict = verifier.verify(headers, body);
      show(headers, body, verdict);
      exchange.sendResponseHeaders(verdict.isGenuine() ? 204 : 401, -1);
    }
  }

  // One message in one go: others come at the same time.
  private void show(RequestHeaders headers, byte[] body, Verifier.Verdict verdict) {
    List<String> lines = new ArrayList<>();
    if (verdict.isGenuine()) {
      String id = headers.first("webhook-id").orElse("");
      StringBuilder line = new StringBuilder("genuine: ").append(Shown.text(id));
      headers.first("attune-test").ifPresent(_ -> line.append(", a test"));
      headers.first("attune-replay").ifPresent(_ -> line.append(", a replay"));
      if (!seen.add(id)) {
        line.append(", which came before");
      }
      lines.add(line.toString());
    } else {
      lines.add("NOT GENUINE, answered with 401:");
      verdict.mistakes().forEach(mistake -> lines.add("  " + mistake));
    }
    lines.add(Shown.block(pretty(body)));
    terminal.result(String.join(System.lineSeparator(), lines));
  }

  private static String pretty(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    try {
      JsonNode json = AttuneClient.JSON.readTree(text);
      return json == null || json.isMissingNode()
          ? "(no body)"
          : AttuneClient.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json);
    } catch (JsonProcessingException e) {
      return text;
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
