package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.attune.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets that Attune generates: shown once, kept over a restart, replaced with an overlap. */
class GeneratedSecretsIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Pattern SECRET = Pattern.compile("whsec_[A-Za-z0-9+/]+=*");

  @TempDir private Path folder;

  private final Map<String, Sent> received = new ConcurrentHashMap<>();
  private HttpServer endpoint;
  private Path config;
  private Map<String, String> environment;

  /** A request as it came. */
  private record Sent(String body, Map<String, List<String>> headers) {}

  @BeforeEach
  void start() throws Exception {
    endpoint = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext("/", this::receive);
    endpoint.start();
    config =
        Files.writeString(
            folder.resolve("config.yaml"), "webhooks: {allow: [\"" + address() + "\"]}\n");
    byte[] key = new byte[32];
    new Random(1).nextBytes(key);
    Path keys =
        Files.writeString(
            folder.resolve("keys"), "k1:" + Base64.getEncoder().encodeToString(key) + "\n");
    environment = Map.of("ATTUNE_SECRETS_KEYS_FILE", keys.toString());
  }

  @AfterEach
  void stop() {
    endpoint.stop(0);
  }

  @Test
  void secret_isShownOnce_signsThroughARestart_andIsReplacedWithAnOverlap() throws Exception {
    String first;
    String second;
    try (Child attune = up()) {
      String webhook = attune.url() + "/v1/webhooks/crm";
      String definition =
          """
          {"url": "http://%s/hook", "on": {"events": {"names": ["Page Viewed"]}},
            "secret": {"generated": true}}
          """
              .formatted(address());
      Http.Reply put = Http.json("PUT", webhook, definition);
      assertThat(put.status()).as(put.body().toString()).isEqualTo(201);
      first = onlySecret(put.body());
      for (Http.Reply later :
          List.of(
              Http.json("PUT", webhook, definition),
              Http.get(webhook),
              Http.get(webhook + "/definition"),
              Http.get(attune.url() + "/v1/webhooks"))) {
        assertThat(later.status()).isEqualTo(200);
        assertThat(SECRET.matcher(later.body().toString()).find()).as("shown again").isFalse();
      }
      Sent one = view(attune, "1");
      assertThat(isTaken(first, one)).isTrue();
      assertThat(signatures(one)).isOne();

      second = onlySecret(Http.json("POST", webhook + "/secret:rotate", "{}").body());
      assertThat(second).isNotEqualTo(first);
      Sent two = view(attune, "2");
      assertThat(signatures(two)).isEqualTo(2);
      assertThat(List.of(first, second)).allMatch(secret -> isTaken(secret, two));
      assertThat(isTaken(second, one)).as("what was signed before").isFalse();
      assertThat(attune.terminate()).isIn(0, 143);
      assertThat(attune.output()).doesNotContain(first, second);
    }

    try (Child attune = up()) {
      Sent three = view(attune, "3");
      assertThat(signatures(three)).isEqualTo(2);
      assertThat(List.of(first, second)).allMatch(secret -> isTaken(secret, three));

      Attune.Answer rotated =
          Attune.run(attune.url(), "webhooks", "rotate-secret", "crm", "--overlap", "0s");
      assertThat(rotated.code()).as(rotated.output()).isZero();
      String third = SECRET.matcher(rotated.output()).results().findFirst().orElseThrow().group();
      Sent four = view(attune, "4");
      assertThat(signatures(four)).isOne();
      assertThat(isTaken(third, four)).isTrue();
      assertThat(List.of(first, second)).noneMatch(secret -> isTaken(secret, four));
    }
  }

  private Child up() throws Exception {
    return Child.start(folder.resolve("data"), environment, "--config", config.toString());
  }

  private String address() {
    return "127.0.0.1:" + endpoint.getAddress().getPort();
  }

  private static String onlySecret(JsonNode answer) {
    JsonNode secrets = answer.path("secrets");
    assertThat(secrets).hasSize(1);
    assertThat(secrets.path(0).path("secret").asText()).matches(SECRET);
    return secrets.path(0).path("secret").asText();
  }

  /** Has an event happen, and waits for the request that tells of it. */
  private Sent view(Child attune, String id) throws Exception {
    String body = "{\"userId\": \"ada\", \"messageId\": \"%s\"}".formatted(id);
    assertThat(Http.post(attune.url() + "/v1/page", body).status()).isEqualTo(200);
    Await.until(SOON, "event " + id + " is told", () -> received.containsKey(id));
    return Objects.requireNonNull(received.get(id));
  }

  private static int signatures(Sent sent) {
    return String.join("", sent.headers().getOrDefault("webhook-signature", List.of()))
        .split(" ", -1)
        .length;
  }

  private static boolean isTaken(String secret, Sent sent) {
    try {
      new Webhook(secret).verify(sent.body(), sent.headers());
      return true;
    } catch (WebhookVerificationException e) {
      return false;
    } catch (Exception e) {
      throw new AssertionError("the library could not look at it", e);
    }
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Map<String, List<String>> headers = new ConcurrentHashMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
      Pattern.compile("\"event_id\":\"([^\"]+)\"")
          .matcher(body)
          .results()
          .findFirst()
          .ifPresent(id -> received.put(id.group(1), new Sent(body, headers)));
      exchange.sendResponseHeaders(204, -1);
    }
  }
}
