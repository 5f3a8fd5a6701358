package dev.attune.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over a socket: the JDK's client does not let a test choose Host or Origin. */
class OperatorOnlyTest {
  private static final String LOOPBACK = "Host: 127.0.0.1:8080";
  private static final String JSON = "Content-Type: application/json";

  private final List<String> done = new ArrayList<>();
  private final HttpServer server =
      HttpServer.start(
          HttpServerConfig.onPort(0),
          List.of(
              http ->
                  http.post(
                      "/v1/things:apply",
                      OperatorOnly.json(
                          (_, response) -> {
                            done.add("applied");
                            Replies.json(response, 200, json -> json.writeBoolean(true));
                          }))));

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void program_isServed() throws Exception {
    assertThat(post(LOOPBACK, JSON)).contains(" 200 ");
    assertThat(post(LOOPBACK, "content-type: Application/JSON; charset=utf-8")).contains(" 200 ");
    assertThat(post("Host: localhost:8080", JSON)).contains(" 200 ");
    assertThat(post("Host: localhost", JSON)).contains(" 200 ");
    assertThat(post("Host: [::1]:8080", JSON)).contains(" 200 ");
    assertThat(post("Host: 192.168.1.7", JSON)).contains(" 200 ");
    assertThat(post(LOOPBACK, JSON, "Sec-Fetch-Site: none")).contains(" 200 ");
    assertThat(done).hasSize(7);
  }

  // A page's form or fetch may send these three types to anywhere, unasked.
  @Test
  void bodyThatDoesNotSayJson_is415_andNothingIsDone() throws Exception {
    for (String type :
        List.of("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")) {
      assertThat(post(LOOPBACK, "Content-Type: " + type))
          .contains(" 415 ", "\"unsupported_media_type\"", "application/json");
    }
    assertThat(post(LOOPBACK)).contains(" 415 ");
    assertThat(done).isEmpty();
  }

  @Test
  void webPage_is403_andNothingIsDone() throws Exception {
    assertThat(post(LOOPBACK, JSON, "Origin: https://evil.example"))
        .contains(" 403 ", "\"forbidden\"", "a web page may not do this");
    assertThat(post(LOOPBACK, JSON, "Origin: null")).contains(" 403 ");
    assertThat(post(LOOPBACK, JSON, "Sec-Fetch-Site: cross-site")).contains(" 403 ");
    assertThat(post(LOOPBACK, JSON, "Sec-Fetch-Site: same-site")).contains(" 403 ");
    assertThat(done).isEmpty();
  }

  // Such a name is made to lead to 127.0.0.1 once the page is loaded.
  @Test
  void nameOfSomebodyElse_is403_andNothingIsDone() throws Exception {
    for (String host :
        List.of("evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "7")) {
      assertThat(post("Host: " + host, JSON)).contains(" 403 ", "host name").doesNotContain("evil");
    }
    assertThat(done).isEmpty();
  }

  @Test
  void nameThatTheServerIsBoundTo_isServed() throws Exception {
    HttpServerConfig defaults = HttpServerConfig.onPort(0);
    String name = InetAddress.getLoopbackAddress().getHostName();
    HttpServer named =
        HttpServer.start(
            new HttpServerConfig(
                name,
                0,
                defaults.connectionsMax(),
                defaults.concurrencyMax(),
                defaults.headersBytesMax(),
                defaults.idleTimeout(),
                defaults.shutdownGrace()),
            List.of());
    try {
      assertThat(named.server().prototype().host()).isEqualTo(name);
    } finally {
      named.close();
    }
  }

  private String post(String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(5_000);
      String request =
          "POST /v1/things:apply HTTP/1.1\r\n"
              + String.join("\r\n", headers)
              + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
