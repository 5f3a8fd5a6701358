package dev.attune.dispatcher.send;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.protobuf.ByteString;
import com.standardwebhooks.Webhook;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.Webhooks;
import dev.attune.proto.v1.Delivery;
import dev.attune.testkit.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Attempts against a server on loopback that behaves as endpoints do. */
class HttpSenderIT {
  private static final HmacKey KEY =
      HmacKey.of(Base64.getDecoder().decode(Webhooks.SECRET.substring(6)));
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final String BODY = "{\"data\":{\"properties\":{\"name\":\"Zoë\"}}}";
  private static final Delivery DELIVERY =
      Delivery.newBuilder()
          .setWebhook("crm")
          .setProfileId("p1")
          .setWebhookId("msg_1")
          .setBody(ByteString.copyFromUtf8(BODY))
          .build();

  private final InetAddress loopback = InetAddress.getLoopbackAddress();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ConcurrentLinkedQueue<Map<String, List<String>>> headers =
      new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> bodies = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<InetSocketAddress> clients = new ConcurrentLinkedQueue<>();
  private HttpServer server;
  private HttpSender sender;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    server.setExecutor(threads);
    server.start();
    sender = sender(List.of("127.0.0.1:" + port()), InetAddress::getAllByName);
  }

  @AfterEach
  void stop() {
    sender.close();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void send_accepted_isDelivered_andVerifiesWithTheReferenceLibrary() throws Exception {
    answer(200);
    assertThat(send("/ok")).isEqualTo(new Outcome.Delivered(200));

    Map<String, List<String>> sent = headers.remove();
    assertThat(bodies.remove()).isEqualTo(BODY);
    assertThat(sent.get("Content-type")).containsExactly("application/json");
    assertThat(sent.get("User-agent")).containsExactly("Attune/9.9");
    assertThat(sent.get("Webhook-id")).containsExactly("msg_1");
    assertThat(sent.get("X-tenant")).containsExactly("acme");
    assertThat(sent.get("Accept")).containsExactly("text/plain");
    assertThat(sent).doesNotContainKey("Attune-replay");
    assertThatCode(() -> new Webhook(Webhooks.SECRET).verify(BODY, lower(sent)))
        .doesNotThrowAnyException();
  }

  // Signed as it is sent, and redacted by what it was made of.
  @Test
  void send_inAnotherForm_isSignedAndSaysWhatItIs() throws Exception {
    Delivery event =
        DELIVERY.toBuilder()
            .setWebhook("crm")
            .setForm("cloudevents")
            .setBody(
                ByteString.copyFromUtf8(
                    "{\"type\":\"event\",\"timestamp\":\"2026-03-01T10:00:00Z\",\"data\":{\"a\":1}}"))
            .build();
    String url = "http://127.0.0.1:" + port() + answer(200);
    assertThat(begin(sender, url, TIMEOUT, event).get(20, TimeUnit.SECONDS))
        .isEqualTo(new Outcome.Delivered(200));
    Map<String, List<String>> sent = headers.remove();
    String body = bodies.remove();
    assertThat(sent.get("Content-type")).containsExactly("application/cloudevents+json");
    assertThat(body).startsWith("{\"specversion\":\"1.0\",\"id\":\"msg_1\"");
    assertThatCode(() -> new Webhook(Webhooks.SECRET).verify(body, lower(sent)))
        .doesNotThrowAnyException();
  }

  // It may be older than what the subscriber has seen since.
  @Test
  void send_replay_isMarked() throws Exception {
    Delivery replay = DELIVERY.toBuilder().setReplay(true).build();
    String url = "http://127.0.0.1:" + port() + answer(200);
    assertThat(begin(sender, url, TIMEOUT, replay).get(20, TimeUnit.SECONDS))
        .isEqualTo(new Outcome.Delivered(200));
    assertThat(headers.remove().get("Attune-replay")).containsExactly("true");
  }

  // An attempt without an end would keep its slot and its queue for ever.
  @Test
  void send_error_isAFailureToo() throws Exception {
    HttpSender broken =
        new HttpSender(
            new Signatures(
                _ -> {
                  throw new LinkageError("a class is missing");
                }),
            AddressPolicy.of(List.of()),
            "9.9",
            8,
            InstantSource.system(),
            InetAddress::getAllByName);
    try {
      assertThat(send(broken, "http://127.0.0.1:" + port() + "/ok"))
          .isEqualTo(failed("failed: LinkageError"));
    } finally {
      broken.close();
    }
  }

  @Test
  void send_nameThatHangs_endsAtTheTimeout() throws Exception {
    HttpSender slow = sender(List.of(), _ -> parkedLookup());
    try {
      long start = System.nanoTime();
      assertThat(
              begin(slow, "https://slow.example.com/", Duration.ofMillis(100), DELIVERY)
                  .get(20, TimeUnit.SECONDS))
          .isEqualTo(failed("the host's name was not resolved in time"));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
    } finally {
      slow.close();
    }
  }

  // A webhook whose name server hangs must not hold up the others.
  @Test
  void send_manyToANameThatHangs_othersAreDelivered() throws Exception {
    answer(200);
    AtomicInteger hanging = new AtomicInteger();
    HttpSender mixed =
        new HttpSender(
            new Signatures(_ -> KEY),
            AddressPolicy.of(List.of("127.0.0.1:" + port())),
            "9.9",
            64,
            InstantSource.system(),
            host -> {
              if (host.startsWith("slow")) {
                hanging.incrementAndGet();
                return parkedLookup();
              }
              return new InetAddress[] {loopback};
            });
    try {
      List<CompletableFuture<Outcome>> slow = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        slow.add(begin(mixed, "http://slow.example.com:" + port() + "/", TIMEOUT, DELIVERY));
      }
      Await.until(Duration.ofSeconds(20), "the look-up began", () -> hanging.get() > 0);
      assertThat(send(mixed, "http://crm.example.com:" + port() + "/ok"))
          .isEqualTo(new Outcome.Delivered(200));
      assertThat(hanging).hasValue(1);
      assertThat(slow).noneMatch(CompletableFuture::isCompletedExceptionally);
    } finally {
      mixed.close();
    }
  }

  @Test
  void send_again_usesTheConnectionAgain() throws Exception {
    answer(200);
    assertThat(send("/ok")).isEqualTo(new Outcome.Delivered(200));
    assertThat(send("/ok")).isEqualTo(new Outcome.Delivered(200));
    assertThat(clients).hasSize(2);
    assertThat(clients.remove()).isEqualTo(clients.remove());
  }

  @Test
  void send_statuses_decide() throws Exception {
    for (int status : new int[] {400, 404, 405, 406, 411, 413, 414, 415, 422}) {
      assertThat(send(answer(status))).isEqualTo(new Outcome.Rejected(status));
    }
    assertThat(send(answer(410))).isEqualTo(new Outcome.Gone());
    for (int status : new int[] {401, 403, 408, 409, 425, 429, 500, 502, 503, 504, 599}) {
      assertThat(send(answer(status)))
          .isEqualTo(new Outcome.Failed(status, "HTTP " + status, null));
    }
    for (int status : new int[] {200, 201, 202, 204, 299}) {
      assertThat(send(answer(status))).isEqualTo(new Outcome.Delivered(status));
    }
  }

  @Test
  void send_retryAfter_isReadInBothFormsAndBounded() throws Exception {
    assertThat(retryAfter("120")).isEqualTo(Duration.ofMinutes(2));
    assertThat(retryAfter("999999999")).isEqualTo(Duration.ofDays(1));
    assertThat(retryAfter("Wed, 21 Oct 2099 07:28:00 GMT")).isEqualTo(Duration.ofDays(1));
    assertThat(retryAfter("Wed, 21 Oct 2015 07:28:00 GMT")).isNull();
    assertThat(retryAfter("soon")).isNull();
  }

  // A redirect would lead around the check of the address: to this machine, or its cloud's
  // metadata.
  @Test
  void send_redirect_isNotFollowed() throws Exception {
    AtomicInteger followed = new AtomicInteger();
    server.createContext(
        "/target",
        exchange -> {
          followed.incrementAndGet();
          respond(exchange, 200);
        });
    List<String> targets =
        List.of(
            "/target",
            "http://127.0.0.1:" + port() + "/target",
            "http://localhost:" + port() + "/target",
            "http://169.254.169.254/latest/meta-data");
    for (int i = 0; i < targets.size(); i++) {
      String target = targets.get(i);
      int status = List.of(301, 302, 307, 308).get(i);
      server.createContext(
          "/moved-" + i,
          exchange -> {
            exchange.getResponseHeaders().set("Location", target);
            respond(exchange, status);
          });
      assertThat(send("/moved-" + i))
          .isEqualTo(
              new Outcome.Failed(status, "HTTP " + status + " (redirects are not followed)", null));
    }
    assertThat(followed).hasValue(0);
  }

  // A gigabyte when it is unpacked, a megabyte on its way.
  @Test
  void send_gzipBomb_isNeverUnpacked() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      byte[] words = "no ".repeat(1 << 20).getBytes(UTF_8);
      for (int i = 0; i < 340; i++) {
        gzip.write(words);
      }
    }
    Queue<Headers> asked = new ConcurrentLinkedQueue<>();
    server.createContext(
        "/bomb",
        exchange -> {
          asked.add(exchange.getRequestHeaders());
          exchange.getResponseHeaders().set("Content-Encoding", "gzip");
          exchange.sendResponseHeaders(500, packed.size());
          exchange.getResponseBody().write(packed.toByteArray());
        });
    assertThat(send("/bomb"))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> {
              assertThat(failed.words()).isEqualTo("HTTP 500");
              assertThat(failed.response())
                  .hasSizeLessThanOrEqualTo(16 * 1_024)
                  .doesNotContain("no no");
            });
    assertThat(asked.remove()).doesNotContainKey("Accept-encoding");
  }

  @Test
  void send_noAnswer_endsAtTheTimeout() throws Exception {
    server.createContext("/hang", _ -> park());
    long start = System.nanoTime();
    assertThat(send("/hang")).isEqualTo(failed("no answer within 2000 ms"));
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(TIMEOUT, TIMEOUT.plusSeconds(3));
  }

  // Headers in small pieces would keep each read below its timeout for ever.
  @Test
  void send_headersDripping_endsAtTheTimeout() throws Exception {
    try (ServerSocket drip = new ServerSocket(0, 5, loopback)) {
      threads.execute(
          () -> {
            try (Socket socket = drip.accept()) {
              OutputStream out = socket.getOutputStream();
              out.write("HTTP/1.1 200 OK\r\n".getBytes(UTF_8));
              while (true) {
                out.write("X-Slow: 1\r\n".getBytes(UTF_8));
                out.flush();
                TimeUnit.MILLISECONDS.sleep(100);
              }
            } catch (IOException | InterruptedException e) {
              // The sender hung up.
            }
          });
      HttpSender dripped =
          sender(List.of("127.0.0.1:" + drip.getLocalPort()), InetAddress::getAllByName);
      try {
        assertThat(send(dripped, "http://127.0.0.1:" + drip.getLocalPort() + "/"))
            .isEqualTo(failed("no answer within 2000 ms"));
      } finally {
        dripped.close();
      }
    }
  }

  // The endpoint has said that it took the delivery: a body that never ends must not take it back.
  @Test
  void send_bodyNeverEnds_isDeliveredAndHungUp() throws Exception {
    server.createContext(
        "/slow",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          park();
        });
    long start = System.nanoTime();
    assertThat(send("/slow")).isEqualTo(new Outcome.Delivered(200, "x"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plusSeconds(3));
  }

  @Test
  void send_hugeBody_isCutNotRead() throws Exception {
    AtomicLong written = new AtomicLong();
    server.createContext(
        "/huge",
        exchange -> {
          long size = 100L << 20;
          exchange.sendResponseHeaders(200, size);
          byte[] chunk = new byte[64 << 10];
          for (long sent = 0; sent < size; sent += chunk.length) {
            exchange.getResponseBody().write(chunk);
            written.addAndGet(chunk.length);
          }
        });
    assertThat(send("/huge")).isEqualTo(new Outcome.Delivered(200, "?".repeat(256)));
    // What the kernel's buffers swallow is written, and not read.
    assertThat(written.get()).isLessThan(50L << 20);
  }

  @Test
  void send_answers_areKept_withoutWhatIsNobodysBusiness() throws Exception {
    answer("/echo", 422, "cannot take \"ZOË\" of zoe@example.com, token abcdefghij0123456789abc");
    assertThat(send("/echo"))
        .isEqualTo(
            new Outcome.Rejected(
                422, "cannot take \"[redacted]\" of [redacted], token [redacted]"));
    answer("/down", 503, "try later");
    assertThat(send("/down")).isEqualTo(new Outcome.Failed(503, "HTTP 503", null, "try later"));
    answer("/gone", 410, "bye");
    assertThat(send("/gone")).isEqualTo(new Outcome.Gone("bye"));
    answer("/long", 500, "no ".repeat(10_000));
    assertThat(send("/long").response()).hasSize(16 * 1_024).startsWith("no no ");
    answer("/fine", 200, "ok ".repeat(1_000));
    assertThat(send("/fine").response()).hasSize(256);
  }

  private void answer(String path, int status, String body) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
  }

  @Test
  void send_reset_isAFailure() throws Exception {
    try (ServerSocket resetting = new ServerSocket(0, 5, loopback)) {
      threads.execute(
          () -> {
            try (Socket socket = resetting.accept()) {
              socket.getInputStream().read();
              socket.setSoLinger(true, 0);
            } catch (IOException e) {
              // Closed.
            }
          });
      HttpSender reset =
          sender(List.of("127.0.0.1:" + resetting.getLocalPort()), InetAddress::getAllByName);
      try {
        assertThat(send(reset, "http://127.0.0.1:" + resetting.getLocalPort() + "/"))
            .isEqualTo(failed("the connection was reset"));
      } finally {
        reset.close();
      }
    }
  }

  @Test
  void send_nobodyListens_isAFailure() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 5, loopback)) {
      port = free.getLocalPort();
    }
    HttpSender refused = sender(List.of("127.0.0.0/8"), InetAddress::getAllByName);
    try {
      assertThat(send(refused, "http://127.0.0.1:" + port + "/"))
          .isEqualTo(failed("the connection was refused"));
    } finally {
      refused.close();
    }
  }

  @Test
  void send_notAllowed_neverConnects() throws Exception {
    answer(200);
    HttpSender strict = sender(List.of(), InetAddress::getAllByName);
    try {
      for (String host :
          List.of("127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:7f00:1]")) {
        assertThat(send(strict, "http://" + host + ":" + port() + "/ok").words())
            .startsWith("address refused: ")
            .endsWith(" is loopback");
      }
      assertThat(headers).isEmpty();
    } finally {
      strict.close();
    }
  }

  // A name with a public and a private address is a name that tries.
  @Test
  void send_oneOfSeveralAddressesForbidden_isRefusedWhole() throws Exception {
    AtomicInteger lookups = new AtomicInteger();
    HttpSender mixed =
        sender(
            List.of("127.0.0.1:" + port()),
            _ -> {
              lookups.incrementAndGet();
              return new InetAddress[] {loopback, InetAddress.getByName("10.0.0.1")};
            });
    try {
      assertThat(send(mixed, "http://crm.example.com:" + port() + "/ok"))
          .isEqualTo(failed("address refused: 10.0.0.1 is private"));
      assertThat(lookups).hasValue(1);
    } finally {
      mixed.close();
    }
  }

  // Resolved once: the second answer of a rebinding name is never asked for.
  @Test
  void send_connectsToTheCheckedAddress_andKeepsTheHost() throws Exception {
    answer(200);
    AtomicInteger lookups = new AtomicInteger();
    HttpSender pinned =
        sender(
            List.of("127.0.0.1:" + port()),
            _ ->
                new InetAddress[] {
                  lookups.getAndIncrement() == 0 ? loopback : InetAddress.getByName("10.0.0.1")
                });
    try {
      assertThat(send(pinned, "http://crm.example.com:" + port() + "/ok"))
          .isEqualTo(new Outcome.Delivered(200));
      assertThat(lookups).hasValue(1);
      assertThat(headers.remove().get("Host")).containsExactly("crm.example.com:" + port());
    } finally {
      pinned.close();
    }
  }

  @Test
  void send_withoutSecret_sendsNothing() throws Exception {
    answer(200);
    HttpSender unsigned =
        new HttpSender(
            new Signatures(new LocalSecrets(_ -> null)),
            AddressPolicy.of(List.of("127.0.0.1:" + port())),
            "9.9",
            8,
            InstantSource.system(),
            InetAddress::getAllByName);
    try {
      assertThat(send(unsigned, "http://127.0.0.1:" + port() + "/ok"))
          .isEqualTo(new Outcome.NotSent("the environment variable SECRET is not set"));
      assertThat(headers).isEmpty();
    } finally {
      unsigned.close();
    }
  }

  @Test
  void send_answerIsNotHttp_isAFailure() throws Exception {
    try (ServerSocket strange = new ServerSocket(0, 5, loopback)) {
      threads.execute(
          () -> {
            try (Socket socket = strange.accept()) {
              socket.getInputStream().read();
              socket.getOutputStream().write("SSH-2.0-OpenSSH_9.9\r\n\r\n".getBytes(UTF_8));
              socket.getOutputStream().flush();
              park();
            } catch (IOException e) {
              // Closed.
            }
          });
      HttpSender puzzled = sender(List.of("127.0.0.0/8"), InetAddress::getAllByName);
      try {
        assertThat(send(puzzled, "http://127.0.0.1:" + strange.getLocalPort() + "/"))
            .isInstanceOfSatisfying(
                Outcome.Failed.class, failed -> assertThat(failed.status()).isZero());
      } finally {
        puzzled.close();
      }
    }
  }

  private int port() {
    return server.getAddress().getPort();
  }

  private static Outcome.Failed failed(String words) {
    return new Outcome.Failed(0, words, null);
  }

  private HttpSender sender(List<String> allow, HostLookups.Lookup lookup) {
    return new HttpSender(
        new Signatures(_ -> KEY),
        AddressPolicy.of(allow),
        "9.9",
        8,
        InstantSource.system(),
        lookup);
  }

  private Outcome send(String path) throws Exception {
    return send(sender, "http://127.0.0.1:" + port() + path);
  }

  private static Outcome send(HttpSender sender, String url) throws Exception {
    return begin(sender, url, TIMEOUT, DELIVERY).get(20, TimeUnit.SECONDS);
  }

  private static CompletableFuture<Outcome> begin(
      HttpSender sender, String url, Duration timeout, Delivery delivery) {
    WebhookDefinition webhook =
        Webhooks.parse(
            """
            name: crm
            url: %s
            secret: {env: SECRET}
            on: {transitions: all}
            headers: {X-Tenant: acme, accept: text/plain}
            timeout: %dms
            """
                .formatted(url, timeout.toMillis()));
    return sender.send(webhook, delivery).toCompletableFuture();
  }

  private static InetAddress[] parkedLookup() {
    park();
    return new InetAddress[0];
  }

  private @Nullable Duration retryAfter(String value) throws Exception {
    String path = "/later/" + System.nanoTime();
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", value);
          respond(exchange, 503);
        });
    return ((Outcome.Failed) send(path)).retryAfter();
  }

  // A path that answers so: "/ok" for 200.
  private String answer(int status) {
    String path = status == 200 ? "/ok" : "/" + status;
    try {
      server.removeContext(path);
    } catch (IllegalArgumentException e) {
      // There was none.
    }
    server.createContext(path, exchange -> respond(exchange, status));
    return path;
  }

  private void respond(HttpExchange exchange, int status) throws IOException {
    headers.add(exchange.getRequestHeaders());
    clients.add(exchange.getRemoteAddress());
    bodies.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private static Map<String, List<String>> lower(Map<String, List<String>> headers) {
    Map<String, List<String>> lower = new java.util.HashMap<>();
    headers.forEach((name, values) -> lower.put(name.toLowerCase(java.util.Locale.ROOT), values));
    return lower;
  }

  // Until the test ends and interrupts.
  private static void park() {
    try {
      TimeUnit.MINUTES.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
