package dev.attune.load.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.function.Function;

/** How a process asks its children: a path, and JSON as the answer. */
public final class Control {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private Control() {}

  /** Serves on a free loopback port: each path gets the query, which may be empty. */
  public static HttpServer serve(Map<String, Function<String, Object>> paths) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    paths.forEach(
        (path, answer) ->
            server.createContext(
                path,
                exchange -> {
                  try (exchange) {
                    String query = exchange.getRequestURI().getQuery();
                    byte[] reply = JSON.writeValueAsBytes(answer.apply(query == null ? "" : query));
                    exchange.sendResponseHeaders(200, reply.length);
                    exchange.getResponseBody().write(reply);
                  }
                }));
    server.start();
    return server;
  }

  /** Asks a child. */
  public static JsonNode ask(int port, String path) throws IOException, InterruptedException {
    HttpResponse<byte[]> reply =
        HTTP.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    if (reply.statusCode() != 200) {
      throw new IOException("a child answered " + reply.statusCode() + " to " + path);
    }
    return JSON.readTree(reply.body());
  }
}
