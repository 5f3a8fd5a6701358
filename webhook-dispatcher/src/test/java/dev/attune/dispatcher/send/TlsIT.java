package dev.attune.dispatcher.send;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.send.TlsEndpoint.Received;
import dev.attune.proto.v1.Delivery;
import dev.attune.testkit.Await;
import dev.attune.testkit.TlsIdentity;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Endpoints over TLS, of HTTP/2 and of 1.1, and what they show and are shown. */
class TlsIT {
  private static final String HOST = "crm.example.com";
  private static final List<String> BOTH = List.of("h2", "http/1.1");
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final Delivery DELIVERY =
      Delivery.newBuilder()
          .setWebhook("crm")
          .setProfileId("p1")
          .setWebhookId("msg_1")
          .setBody(ByteString.copyFrom("{\"name\":\"Zoë\"}", UTF_8))
          .build();

  @TempDir static Path folder;
  private static TlsIdentity server;
  private static TlsIdentity other;
  private static TlsIdentity client;

  private final HttpSender sender =
      new HttpSender(
          new Signatures(_ -> HmacKey.of(new byte[32])),
          AddressPolicy.of(List.of("127.0.0.0/8")),
          "9.9",
          8,
          InstantSource.system(),
          _ -> new InetAddress[] {InetAddress.ofLiteral("127.0.0.1")});

  @BeforeAll
  static void identities() throws Exception {
    server = TlsIdentity.of("dns:" + HOST, folder);
    other = TlsIdentity.of("dns:other.example.com,ip:127.0.0.1", folder);
    client = TlsIdentity.of("dns:attune", folder);
  }

  @AfterEach
  void stop() {
    sender.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2", "http/1.1"})
  void send_inTheProtocolOfTheEndpoint_onOneConnection(String protocol) throws Exception {
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, null, List.of(protocol))) {
      for (int i = 0; i < 3; i++) {
        assertThat(send(endpoint, "/hook", trusting(server))).isEqualTo(new Outcome.Delivered(204));
      }
      assertThat(endpoint.received)
          .hasSize(3)
          .allSatisfy(
              request -> {
                assertThat(request.protocol()).isEqualTo(protocol);
                assertThat(request.host()).isEqualTo(HOST + ":" + endpoint.port());
                assertThat(request.named()).containsExactly(HOST);
                assertThat(request.signature()).startsWith("v1,");
              });
      assertThat(endpoint.received.stream().map(Received::connection).distinct()).hasSize(1);
    }
  }

  // Two seconds hold for an exchange whatever its protocol, and 16 KB for an answer.
  @ParameterizedTest
  @ValueSource(strings = {"h2", "http/1.1"})
  void send_answers_areBounded(String protocol) throws Exception {
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, null, List.of(protocol))) {
      endpoint.on("/silence", TlsEndpoint.silence());
      endpoint.on("/unfinished", TlsEndpoint.unfinished());
      endpoint.on("/endless", endpoint.endless());
      endpoint.on("/refused", TlsEndpoint.status(422, "no ".repeat(10_000), Map.of()));
      endpoint.on(
          "/moved", TlsEndpoint.status(308, "", Map.of("Location", "https://127.0.0.1:1/")));
      Map<String, String> headers = new HashMap<>();
      for (int i = 0; i < 90; i++) {
        headers.put("x-header-" + i, "x".repeat(4_000));
      }
      endpoint.on("/headers", TlsEndpoint.status(200, "", headers));

      assertThat(send(endpoint, "/silence", trusting(server)))
          .isEqualTo(new Outcome.Failed(0, "no answer within 2000 ms", null));
      assertThat(send(endpoint, "/unfinished", trusting(server)))
          .isEqualTo(new Outcome.Delivered(200, "x"));
      assertThat(send(endpoint, "/endless", trusting(server)))
          .isEqualTo(new Outcome.Delivered(200, "?".repeat(256)));
      assertThat(endpoint.written.get()).as("bytes that were taken").isLessThan(8L << 20);
      assertThat(send(endpoint, "/refused", trusting(server)))
          .isInstanceOfSatisfying(
              Outcome.Rejected.class,
              rejected -> assertThat(rejected.response()).hasSize(16 * 1_024));
      assertThat(send(endpoint, "/moved", trusting(server)))
          .isEqualTo(new Outcome.Failed(308, "HTTP 308 (redirects are not followed)", null));
      assertThat(send(endpoint, "/hook", trusting(server))).isEqualTo(new Outcome.Delivered(204));
      if (protocol.equals("h2")) {
        assertThat(send(endpoint, "/headers", trusting(server)))
            .isInstanceOfSatisfying(
                Outcome.Failed.class, failed -> assertThat(failed.status()).isZero());
      }
    }
  }

  @Test
  void send_certificateOfAnotherHost_isRefused() throws Exception {
    try (TlsEndpoint endpoint = TlsEndpoint.start(other, null, BOTH)) {
      assertThat(send(endpoint, "/hook", trusting(other)))
          .isEqualTo(new Outcome.Failed(0, "TLS failed", null));
      assertThat(endpoint.received).isEmpty();
    }
  }

  @Test
  void send_certificateOfAnUnknownAuthority_isRefused() throws Exception {
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, null, BOTH)) {
      for (String tls : List.of("", trusting(client))) {
        assertThat(send(endpoint, "/hook", tls))
            .isEqualTo(new Outcome.Failed(0, "TLS failed", null));
      }
      assertThat(endpoint.received).isEmpty();
    }
  }

  // A connection that is kept for nobody is one less for the others.
  @Test
  void send_handshakeThatHangs_leavesNoConnection() throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    AtomicInteger open = new AtomicInteger();
    // Closed last, when the socket has ended what waits for it.
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        ServerSocket mute = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"))) {
      threads.execute(
          () -> {
            try {
              while (true) {
                Socket socket = mute.accept();
                accepted.incrementAndGet();
                open.incrementAndGet();
                threads.execute(() -> drain(socket, open));
              }
            } catch (IOException | RejectedExecutionException e) {
              // Closed.
            }
          });
      // More than there may be connections.
      for (int i = 0; i < 20; i++) {
        assertThat(send(mute.getLocalPort(), "/hook", "", Duration.ofMillis(200)))
            .isEqualTo(new Outcome.Failed(0, "no answer within 200 ms", null));
      }
      assertThat(accepted).hasValue(20);
      Await.until(Duration.ofSeconds(10), "connections are left open", () -> open.get() == 0);
    }
  }

  private static void drain(Socket socket, AtomicInteger open) {
    try (socket) {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // Reset.
    }
    open.decrementAndGet();
  }

  // Connections of one identity are not used for another.
  @Test
  void send_endpointThatAsksForACertificate_getsThatOfTheWebhook() throws Exception {
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, client, BOTH)) {
      assertThat(send(endpoint, "/hook", showing(client.certificateFile(), client.keyFile())))
          .isEqualTo(new Outcome.Delivered(204));
      assertThat(send(endpoint, "/hook", trusting(server))).isInstanceOf(Outcome.Failed.class);
      assertThat(send(endpoint, "/hook", showing(other.certificateFile(), other.keyFile())))
          .isInstanceOf(Outcome.Failed.class);
      assertThat(endpoint.received).hasSize(1);
    }
  }

  @Test
  void send_certificateThatIsReplaced_isUsed() throws Exception {
    Path certificate = Files.copy(Path.of(other.certificateFile()), folder.resolve("shown.pem"));
    Path key = Files.copy(Path.of(other.keyFile()), folder.resolve("shown-key.pem"));
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, client, BOTH)) {
      String tls = showing(certificate.toString(), key.toString());
      assertThat(send(endpoint, "/hook", tls)).isInstanceOf(Outcome.Failed.class);
      Files.copy(
          Path.of(client.certificateFile()), certificate, StandardCopyOption.REPLACE_EXISTING);
      assertThat(send(endpoint, "/hook", tls))
          .isEqualTo(
              new Outcome.NotSent(
                  "the file "
                      + key
                      + " does not hold the key of the first certificate of the file "
                      + certificate));
      Files.copy(Path.of(client.keyFile()), key, StandardCopyOption.REPLACE_EXISTING);
      assertThat(send(endpoint, "/hook", tls)).isEqualTo(new Outcome.Delivered(204));
    }
  }

  @Test
  void send_tlsThatCannotBeRead_sendsNothing() throws Exception {
    Path missing = folder.resolve("missing.pem");
    Path empty = Files.writeString(folder.resolve("empty.pem"), "-----BEGIN NOTHING-----\n");
    try (TlsEndpoint endpoint = TlsEndpoint.start(server, client, BOTH)) {
      assertThat(send(endpoint, "/hook", showing(missing.toString(), client.keyFile())))
          .isEqualTo(
              new Outcome.NotSent("the file " + missing + " cannot be read (NoSuchFileException)"));
      assertThat(send(endpoint, "/hook", showing(empty.toString(), client.keyFile())))
          .isEqualTo(
              new Outcome.NotSent(
                  "the file "
                      + empty
                      + " holds no certificates (allowed: PEM, one or several of -----BEGIN"
                      + " CERTIFICATE-----)"));
      assertThat(send(endpoint, "/hook", showing(client.certificateFile(), empty.toString())))
          .isEqualTo(
              new Outcome.NotSent(
                  "the file "
                      + empty
                      + " holds no private key (allowed: PEM of PKCS #8 without a password, EC, RSA"
                      + " or Ed25519: -----BEGIN PRIVATE KEY-----)"));
      assertThat(endpoint.received).isEmpty();
    }
  }

  private static String trusting(TlsIdentity authority) {
    return "tls: {authorities: {file: \"" + authority.certificateFile() + "\"}}";
  }

  private static String showing(String certificate, String key) {
    return "tls: {authorities: {file: \"%s\"}, certificate: {file: \"%s\"}, key: {file: \"%s\"}}"
        .formatted(server.certificateFile(), certificate, key);
  }

  private Outcome send(TlsEndpoint endpoint, String path, String tls) throws Exception {
    return send(endpoint.port(), path, tls, TIMEOUT);
  }

  private Outcome send(int port, String path, String tls, Duration timeout) throws Exception {
    return sender
        .send(
            Webhooks.parse(
                """
                name: crm
                url: https://%s:%d%s
                secret: {env: SECRET}
                on: {transitions: all}
                timeout: %dms
                %s
                """
                    .formatted(HOST, port, path, timeout.toMillis(), tls)),
            DELIVERY)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }
}
