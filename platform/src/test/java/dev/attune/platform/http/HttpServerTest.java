package dev.attune.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.platform.part.PortTakenException;
import io.helidon.webserver.http.HttpRouting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpServer server =
      HttpServer.start(HttpServerConfig.onPort(0), List.of(HttpServerTest::routes));

  private static void routes(HttpRouting.Builder http) {
    http.get("/things/{name}", (_, res) -> Replies.json(res, 200, j -> j.writeString("thing")))
        .post(
            "/v1/things:apply",
            (req, res) -> {
              byte[] body = Replies.body(req, 1_000);
              Replies.json(res, 200, j -> j.writeNumber(body.length));
            })
        .post(
            "/json",
            (req, res) -> {
              Json.parse(Replies.body(req, 1_000_000));
              Replies.json(res, 200, j -> j.writeBoolean(true));
            })
        .get(
            "/pieces",
            (_, res) -> {
              try (OutputStream out = res.outputStream()) {
                for (int i = 0; i < 4; i++) {
                  out.write(new byte[100]);
                  out.flush();
                }
              }
            })
        .get(
            "/broken/{name}",
            (_, _) -> {
              throw new IllegalStateException("it broke");
            });
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void route_withColonInPath_isMatched() throws Exception {
    var reply = post("/v1/things:apply", "12345");
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.body()).isEqualTo("5");
    assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
  }

  @Test
  void unknownPath_is404InJson_andDoesNotRepeatThePath() throws Exception {
    var reply = get("/nobody/jane@example.com");
    assertThat(reply.statusCode()).isEqualTo(404);
    assertThat(reply.body())
        .isEqualTo("{\"code\":\"no_such_path\",\"message\":\"there is nothing at this path\"}");
  }

  @Test
  void knownPathWithAnotherMethod_is405_andNamesWhatIsAllowed() throws Exception {
    var reply = get("/v1/things:apply");
    assertThat(reply.statusCode()).isEqualTo(405);
    assertThat(reply.headers().firstValue("allow")).hasValue("POST");
    assertThat(reply.body()).contains("\"method_not_allowed\"").contains("POST");
  }

  @Test
  void handlerThatFails_is500InJson_withoutItsMessage() throws Exception {
    var reply = get("/broken/jane");
    assertThat(reply.statusCode()).isEqualTo(500);
    assertThat(reply.body()).contains("\"internal_error\"").doesNotContain("it broke", "jane");
  }

  @Test
  void bodyBeyondTheRoutesLimit_is413_declaredOrChunked() throws Exception {
    var declared = post("/v1/things:apply", "x".repeat(1_001));
    assertThat(declared.statusCode()).isEqualTo(413);
    assertThat(declared.body()).contains("1000 bytes");

    var chunked =
        client.send(
            request("/v1/things:apply")
                .POST(
                    BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[2_000])))
                .build(),
            BodyHandlers.ofString());
    assertThat(chunked.statusCode()).isEqualTo(413);
  }

  @Test
  void invalidJson_is400_saysWhere_andQuotesNothing() throws Exception {
    var reply = post("/json", "{\n  \"email\": jane@example.com}");
    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("\"invalid_json\"", "line 2").doesNotContain("jane");
    assertThat(post("/json", "").body()).contains("the body is empty");
    assertThat(post("/json", "{} {}").statusCode()).isEqualTo(400);
    assertThat(post("/json", "{\"a\":1,\"a\":2}").statusCode()).isEqualTo(400);
    assertThat(post("/json", "[".repeat(65) + "]".repeat(65)).statusCode()).isEqualTo(400);
    assertThat(post("/json", "[".repeat(64) + "]".repeat(64)).statusCode()).isEqualTo(200);
    assertThat(post("/json", "\"" + "x".repeat((64 << 10) + 1) + "\"").statusCode()).isEqualTo(400);
  }

  @Test
  void malformedRequests_areAnsweredInJson() throws Exception {
    assertThat(raw("GET /a HTTP/1.1\r\nHost: x\r\nBad Header: \u0001\r\n\r\n")).contains(" 400 ");
    assertThat(raw("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .contains(" 400 ", "{\"code\":\"bad_request\"");
    assertThat(raw("GET /" + "a".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .contains("{\"code\":");
    assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\nA: " + "a".repeat(20_000) + "\r\n\r\n"))
        .contains("{\"code\":");
  }

  @Test
  void compressedBody_isUnpacked_withinTheLimit() throws Exception {
    assertThat(postGzip(gzip(new byte[900])).body()).isEqualTo("900");
    assertThat(postGzip(gzip(new byte[100_000])).statusCode()).isEqualTo(413);
    assertThat(postGzip(new byte[] {1, 2, 3}).body()).contains("not valid gzip");
  }

  private HttpResponse<String> postGzip(byte[] body) throws Exception {
    return client.send(
        request("/v1/things:apply")
            .header("Content-Encoding", "gzip")
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new java.util.zip.GZIPOutputStream(packed)) {
      out.write(body);
    }
    return packed.toByteArray();
  }

  @Test
  void connection_isClosedWhenTheClientAsks_alsoAfterAnError() throws Exception {
    for (String path : List.of("/things/a", "/nowhere", "/broken/jane")) {
      assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
          .startsWith("HTTP/1.1 ");
    }
  }

  @Test
  void oneRequestTooMany_is429InJson_andThoseUnderWayEndWhenTheServerCloses() throws Exception {
    var entered = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var config =
        new HttpServerConfig(
            "127.0.0.1", 0, 10, 1, 4_096, Duration.ofMinutes(1), Duration.ofSeconds(10));
    HttpServer small =
        HttpServer.start(
            config,
            List.<Consumer<HttpRouting.Builder>>of(
                http ->
                    http.get(
                        "/slow",
                        (_, res) -> {
                          entered.countDown();
                          goOn.await();
                          Replies.json(res, 200, json -> json.writeString("done"));
                        })));
    URI slow = URI.create("http://127.0.0.1:" + small.port() + "/slow");
    var first =
        client.sendAsync(
            HttpRequest.newBuilder(slow).timeout(Duration.ofSeconds(10)).build(),
            BodyHandlers.ofString());
    assertThat(entered.await(5, TimeUnit.SECONDS)).isTrue();
    var second =
        client.send(
            HttpRequest.newBuilder(slow).timeout(Duration.ofSeconds(5)).build(),
            BodyHandlers.ofString());
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(second.headers().firstValue("retry-after")).hasValue("1");
    assertThat(second.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(second.body())
        .isEqualTo(
            "{\"code\":\"overloaded\",\"message\":\"too many requests at once; send fewer\"}");

    Thread closing = Thread.ofVirtual().start(small::close);
    goOn.countDown();
    assertThat(first.get(10, TimeUnit.SECONDS).body()).isEqualTo("\"done\"");
    assertThat(closing.join(Duration.ofSeconds(10))).as("the server closed").isTrue();
  }

  @Test
  void config_hasDefaults_andBounds() {
    assertThat(HttpServerConfig.onPort(8080))
        .isEqualTo(
            new HttpServerConfig(
                "127.0.0.1",
                8080,
                1_024,
                512,
                16_384,
                Duration.ofMinutes(5),
                Duration.ofSeconds(10)));
    assertThatThrownBy(() -> HttpServerConfig.onPort(-1)).hasMessageContaining("0-65535");
  }

  @Test
  void takenPort_isNamed() throws Exception {
    try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = holder.getLocalPort();
      assertThatThrownBy(() -> HttpServer.start(HttpServerConfig.onPort(port), List.of()))
          .isInstanceOf(PortTakenException.class)
          .hasMessage(
              "HTTP port "
                  + port
                  + " on 127.0.0.1 is taken by another program (0 = any free port)");
    }
  }

  @Test
  void server_bindsToLoopbackOnly() {
    assertThat(server.server().prototype().address().isLoopbackAddress()).isTrue();
  }

  /**
   * A reply in several segments shows it: without TCP_NODELAY the second one waits for the client's
   * delayed acknowledgement, and the median is 40 ms.
   */
  @Test
  void manyRequestsOnOneConnection_doNotStall() throws Exception {
    assertThat(server.server().prototype().connectionOptions().tcpNoDelay()).isTrue();
    long[] micros = new long[101];
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(5_000);
      for (int i = 0; i < micros.length; i++) {
        long begin = System.nanoTime();
        socket
            .getOutputStream()
            .write("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        readChunked(socket.getInputStream());
        micros[i] = (System.nanoTime() - begin) / 1_000;
      }
    }
    Arrays.sort(micros);
    assertThat(micros[micros.length / 2]).as("median, microseconds").isLessThan(20_000);
  }

  private static void readChunked(InputStream in) throws IOException {
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    while (!seen.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n0\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the server closed the connection");
      }
      seen.write(b);
    }
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).GET().build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        request(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(5));
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      ByteArrayOutputStream reply = new ByteArrayOutputStream();
      try {
        socket.getInputStream().transferTo(reply);
      } catch (IOException e) {
        // The server may reset a connection whose request it did not read to the end.
        assertThat(e).isNotInstanceOf(SocketTimeoutException.class);
        assertThat(reply.size()).as(e.getMessage()).isPositive();
      }
      return reply.toString(StandardCharsets.UTF_8);
    }
  }
}
