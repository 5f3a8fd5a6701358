package dev.attune.dispatcher.send;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.attune.dispatcher.Webhooks;
import dev.attune.proto.v1.Delivery;
import dev.attune.testkit.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attempts through a proxy, which decides nothing and is told no names. */
class ProxyIT {
  private static final String HOST = "crm.example.com";
  private static final Delivery DELIVERY =
      Delivery.newBuilder()
          .setWebhook("crm")
          .setProfileId("p1")
          .setWebhookId("msg_1")
          .setBody(ByteString.copyFrom("{}", UTF_8))
          .build();

  @TempDir Path folder;
  private final ConnectProxy proxy = new ConnectProxy();
  private final HttpSender sender = sender(new Proxy("proxy.example.com", proxy.port()));

  ProxyIT() throws IOException {}

  private static HttpSender sender(Proxy proxy) {
    return new HttpSender(
        new Signatures(_ -> HmacKey.of(new byte[32])),
        AddressPolicy.of(List.of("127.0.0.1/32")),
        Optional.of(proxy),
        "9.9",
        8,
        InstantSource.system(),
        host ->
            switch (host) {
              case HOST, "proxy.example.com" -> addresses("127.0.0.1");
              case "both.example.com" -> addresses("127.0.0.1", "10.0.0.1");
              default -> throw new UnknownHostException(host);
            });
  }

  private static InetAddress[] addresses(String... literals) {
    return List.of(literals).stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
  }

  private HttpServer plain;
  private final ConcurrentLinkedQueue<String> hosts = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void start() throws IOException {
    plain = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    plain.createContext(
        "/",
        exchange -> {
          try (exchange) {
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            exchange.sendResponseHeaders(200, -1);
          }
        });
    plain.start();
  }

  @AfterEach
  void stop() throws IOException {
    sender.close();
    proxy.close();
    plain.stop(0);
  }

  @Test
  void https_isATunnelToTheCheckedAddress_andForTheNameInside() throws Exception {
    TlsIdentity identity = TlsIdentity.of("dns:" + HOST, folder);
    for (String protocol : List.of("h2", "http/1.1")) {
      try (TlsEndpoint endpoint = TlsEndpoint.start(identity, null, List.of(protocol))) {
        String tls = "tls: {authorities: {file: \"" + identity.certificateFile() + "\"}}";
        String url = "https://" + HOST + ":" + endpoint.port() + "/hook";
        assertThat(send(sender, url, tls)).isEqualTo(new Outcome.Delivered(204));
        assertThat(send(sender, url, tls)).isEqualTo(new Outcome.Delivered(204));
        assertThat(proxy.asked)
            .as("one tunnel for both")
            .containsExactly("CONNECT 127.0.0.1:" + endpoint.port() + " HTTP/1.1");
        assertThat(endpoint.received)
            .hasSize(2)
            .allSatisfy(
                request -> {
                  assertThat(request.protocol()).isEqualTo(protocol);
                  assertThat(request.host()).isEqualTo(HOST + ":" + endpoint.port());
                  assertThat(request.named()).containsExactly(HOST);
                });
      }
      proxy.asked.clear();
    }
  }

  // A proxy that is sent the request itself looks the name up.
  @Test
  void http_isATunnel_too() throws Exception {
    assertThat(send(sender, url(HOST), "")).isEqualTo(new Outcome.Delivered(200));
    assertThat(proxy.asked).containsExactly("CONNECT 127.0.0.1:" + port() + " HTTP/1.1");
    assertThat(hosts).containsExactly(HOST + ":" + port());
  }

  @Test
  void forbiddenAddress_isNotAskedFor() throws Exception {
    assertThat(send(sender, url("both.example.com"), ""))
        .isEqualTo(failed("address refused: 10.0.0.1 is private"));
    assertThat(proxy.asked).isEmpty();
  }

  // A 404 of an endpoint gives a delivery up, and a 410 the webhook: a proxy has no say in either.
  @Test
  void answerOfTheProxy_isNotTheEndpoints() throws Exception {
    for (int status : new int[] {302, 403, 404, 407, 410, 503}) {
      proxy.status = status;
      assertThat(send(sender, url(HOST), ""))
          .isEqualTo(failed("the proxy answered HTTP " + status));
    }
    assertThat(hosts).isEmpty();
    proxy.status = 200;
    assertThat(send(sender, url(HOST), "")).isEqualTo(new Outcome.Delivered(200));
  }

  @Test
  void proxyThatIsNotThere_isNamed() throws Exception {
    HttpSender unknown = sender(new Proxy("nowhere.example.com", 1));
    HttpSender closed = sender(new Proxy("proxy.example.com", proxy.port()));
    proxy.close();
    try {
      assertThat(send(unknown, url(HOST), ""))
          .isEqualTo(failed("the proxy's name does not resolve"));
      assertThat(send(closed, url(HOST), "")).isEqualTo(failed("the proxy cannot be reached"));
    } finally {
      unknown.close();
      closed.close();
    }
  }

  private static Outcome failed(String why) {
    return new Outcome.Failed(0, why, null);
  }

  private int port() {
    return plain.getAddress().getPort();
  }

  private String url(String host) {
    return "http://" + host + ":" + port() + "/hook";
  }

  private static Outcome send(HttpSender sender, String url, String tls) throws Exception {
    return sender
        .send(
            Webhooks.parse(
                """
                name: crm
                url: %s
                secret: {env: SECRET}
                on: {transitions: all}
                timeout: 5s
                %s
                """
                    .formatted(url, tls)),
            DELIVERY)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }
}
