package dev.attune.dispatcher.send;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.attune.dispatcher.Webhooks;
import dev.attune.proto.v1.Delivery;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A subscriber's own name server, which first names an address that may be reached and then one
 * that may not. On 127.0.0.1 is what stands for the public internet, on 127.0.0.2 and the same port
 * a service of this machine's that nobody outside may speak to.
 */
class RebindingIT {
  private static final Delivery DELIVERY =
      Delivery.newBuilder()
          .setWebhook("crm")
          .setProfileId("p1")
          .setWebhookId("msg_1")
          .setBody(ByteString.copyFrom("{}", UTF_8))
          .build();

  private final AtomicInteger outside = new AtomicInteger();
  private final AtomicInteger inside = new AtomicInteger();
  private HttpServer allowed;
  private HttpServer forbidden;
  private RebindingDns dns;
  private HttpSender sender;

  @BeforeEach
  void start() throws IOException {
    allowed = serve("127.0.0.1", 0, outside);
    forbidden = serve("127.0.0.2", port(), inside);
    dns = new RebindingDns(InetAddress.ofLiteral("127.0.0.1"));
    sender =
        new HttpSender(
            new Signatures(_ -> HmacKey.of(new byte[32])),
            AddressPolicy.of(List.of("127.0.0.1:" + port())),
            "9.9",
            8,
            InstantSource.system(),
            dns::resolve);
  }

  // Every answer ends its connection, so that each attempt needs a new one.
  private static HttpServer serve(String address, int port, AtomicInteger requests)
      throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(address), port), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            requests.incrementAndGet();
            exchange.getResponseHeaders().set("Connection", "close");
            exchange.sendResponseHeaders(200, -1);
          }
        });
    server.start();
    return server;
  }

  @AfterEach
  void stop() {
    sender.close();
    dns.close();
    allowed.stop(0);
    forbidden.stop(0);
  }

  @Test
  void nameThatIsRebound_isConnectedToWhereItWasChecked_thenRefused() throws Exception {
    dns.next(InetAddress.ofLiteral("127.0.0.1"));
    dns.next(InetAddress.ofLiteral("127.0.0.2"));
    assertThat(send()).isEqualTo(new Outcome.Delivered(200));
    assertThat(dns.asked()).as("look-ups for one connection").isOne();
    assertThat(outside).hasValue(1);

    assertThat(send()).isEqualTo(refused("127.0.0.2 is loopback"));
    assertThat(dns.asked()).isEqualTo(2);
    assertThat(outside).hasValue(1);
    assertThat(inside).hasValue(0);
  }

  @Test
  void nameThatAlternates_reachesNothingInside() throws Exception {
    for (int i = 0; i < 10; i++) {
      dns.next(InetAddress.ofLiteral("127.0.0.1"));
      dns.next(InetAddress.ofLiteral("127.0.0.2"));
    }
    for (int i = 0; i < 10; i++) {
      assertThat(send()).isEqualTo(new Outcome.Delivered(200));
      assertThat(send()).isEqualTo(refused("127.0.0.2 is loopback"));
    }
    assertThat(outside).hasValue(10);
    assertThat(inside).hasValue(0);
  }

  @Test
  void nameOfBothKindsOfAddresses_isRefusedWhole() throws Exception {
    dns.next(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("169.254.169.254"));
    assertThat(send()).isEqualTo(refused("169.254.169.254 is link-local"));
    // 6to4, with 127.0.0.2 in it.
    dns.next(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("2002:7f00:2::1"));
    assertThat(send()).isEqualTo(refused("2002:7f00:2:0:0:0:0:1 is loopback"));
    assertThat(outside).hasValue(0);
    assertThat(inside).hasValue(0);
  }

  private static Outcome refused(String why) {
    return new Outcome.Failed(0, "address refused: " + why, null);
  }

  private int port() {
    return allowed.getAddress().getPort();
  }

  private Outcome send() throws Exception {
    return sender
        .send(Webhooks.webhook("crm", "http://rebind.example.com:" + port() + "/hook"), DELIVERY)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }
}
