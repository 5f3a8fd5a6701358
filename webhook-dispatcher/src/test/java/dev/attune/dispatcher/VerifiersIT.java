package dev.attune.dispatcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.keys.PublicKeysHttp;
import dev.attune.dispatcher.send.AddressPolicy;
import dev.attune.dispatcher.send.HttpSender;
import dev.attune.dispatcher.send.LocalSecrets;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Signatures;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.proto.v1.Delivery;
import dev.attune.testkit.NodeVerifiers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SignatureException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What goes out over a socket, as the verifiers see it that subscribers use: it is taken as it is,
 * and refused when anything that is signed was changed, or with another key. What the documentation
 * shows is run as it stands there.
 */
class VerifiersIT {
  private static final Path DOC = Path.of("../docs/webhooks.md");
  private static final Pattern KEYS =
      Pattern.compile("```json\n(\\{\"keys\".*?)```", Pattern.DOTALL);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BODY = "{\"type\":\"event\",\"data\":{\"name\":\"Zoë 😀\"}}";
  private static final String SECRET = Webhooks.SECRET;
  private static final String BEFORE = "whsec_" + base64(bytes(24));
  private static final String FOREIGN = "whsec_" + base64(bytes(32));
  private static final String KEY = Webhooks.SIGNING_KEY;
  private static final String KEY_BEFORE = "whsk_" + base64(bytes(32));

  @TempDir Path folder;

  private final BlockingQueue<Sent> received = new ArrayBlockingQueue<>(10);
  private final Signatures signatures = new Signatures(LocalSecrets.ofProcess());
  private com.sun.net.httpserver.HttpServer endpoint;
  private HttpSender sender;
  private @Nullable JavaExamples java;

  /** A request as it came. */
  private record Sent(String body, Map<String, String> headers) {
    Sent withBody(String other) {
      return new Sent(other, headers);
    }

    Sent with(String header, String value) {
      Map<String, String> changed = new TreeMap<>(headers);
      changed.put(header, value);
      return new Sent(body, changed);
    }

    Map<String, List<String>> lists() {
      Map<String, List<String>> lists = new TreeMap<>();
      headers.forEach((name, value) -> lists.put(name, List.of(value)));
      return lists;
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  @BeforeEach
  void start() throws Exception {
    Files.writeString(folder.resolve("secret"), SECRET);
    Files.writeString(folder.resolve("before"), BEFORE);
    Files.writeString(folder.resolve("key"), KEY);
    Files.writeString(folder.resolve("key-before"), KEY_BEFORE);
    endpoint =
        com.sun.net.httpserver.HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    endpoint.createContext("/", this::receive);
    endpoint.start();
    sender =
        HttpSender.create(
            signatures,
            AddressPolicy.of(List.of("127.0.0.1:" + endpoint.getAddress().getPort())),
            Optional.empty(),
            "9.9",
            4);
  }

  @AfterEach
  void stop() {
    sender.close();
    endpoint.stop(0);
  }

  @Test
  void java_takesWhatIsSent_withBothSecrets_andRefusesWhatWasChanged() throws Exception {
    Sent sent = send(webhook(Instant.now().plusSeconds(3_600)));
    assertThat(List.of(SECRET, BEFORE)).allMatch(secret -> isTaken(secret, sent));
    assertThat(isTaken(FOREIGN, sent)).as("a secret of another").isFalse();
    changed(sent)
        .forEach(
            (what, forged) -> assertThat(isTaken(SECRET, forged)).as(what + " changed").isFalse());
  }

  @ParameterizedTest
  @ValueSource(strings = {"python", "perl"})
  void scripts_takeWhatIsSent_withBothSecrets_andRefuseWhatWasChanged(String language)
      throws Exception {
    Sent sent = send(webhook(Instant.now().plusSeconds(3_600)));
    Script script = new Script(language, examples(language).getFirst(), folder);
    assertThat(script.says(sent.headers(), sent.body(), SECRET)).isEqualTo("taken");
    assertThat(script.says(sent.headers(), sent.body(), BEFORE)).isEqualTo("taken");
    assertThat(script.says(sent.headers(), sent.body(), FOREIGN)).isEqualTo("refused");
    for (Map.Entry<String, Sent> forged : changed(sent).entrySet()) {
      assertThat(script.says(forged.getValue().headers(), forged.getValue().body(), SECRET))
          .as(forged.getKey() + " changed")
          .isEqualTo("refused");
    }
  }

  @Test
  void nodeLibraries_takeWhatIsSent_withBothSecrets_andRefuseWhatWasChanged() throws Exception {
    Sent sent = send(webhook(Instant.now().plusSeconds(3_600)));
    ArrayNode cases = JSON.createArrayNode();
    Map<String, String> expected = new LinkedHashMap<>();
    for (String library : List.of("standardwebhooks", "svix")) {
      add(cases, library + ", the secret", sent).put("library", library).put("secret", SECRET);
      add(cases, library + ", the one before", sent).put("library", library).put("secret", BEFORE);
      expected.put(library + ", the secret", "taken");
      expected.put(library + ", the one before", "taken");
      add(cases, library + ", of another", sent).put("library", library).put("secret", FOREIGN);
      expected.put(library + ", of another", "refused");
      for (Map.Entry<String, Sent> forged : changed(sent).entrySet()) {
        String name = library + ", " + forged.getKey() + " changed";
        add(cases, name, forged.getValue()).put("library", library).put("secret", SECRET);
        expected.put(name, "refused");
      }
    }
    assertThat(node(cases)).isEqualTo(expected);
  }

  // No library verifies v1a yet: Node's own Ed25519 does, as the documentation shows it, and the
  // JDK's, each with the key that the server tells.
  @Test
  void publicKeys_verifyWhatIsSent_andNothingElse() throws Exception {
    WebhookDefinition webhook = webhook(Instant.now().plusSeconds(3_600));
    Sent sent = send(webhook);
    JsonNode jwks = JSON.readTree(publicKeys(webhook, "crm").body());
    assertThat(jwks.path("keys")).hasSize(2);
    List<JsonNode> each = new ArrayList<>();
    jwks.path("keys").forEach(each::add);

    ArrayNode cases = JSON.createArrayNode();
    Map<String, String> expected = new LinkedHashMap<>();
    for (int i = 0; i < 2; i++) {
      String name = "key " + i;
      ObjectNode one = JSON.createObjectNode();
      one.putArray("keys").add(each.get(i));
      add(cases, name, sent).set("jwks", one);
      expected.put(name, "taken");
      assertThat(isSigned(each.get(i), sent)).as(name).isTrue();
    }
    ObjectNode foreign = JSON.createObjectNode();
    foreign
        .putArray("keys")
        .add(
            ((ObjectNode) each.get(0).deepCopy())
                .put("x", "1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir8"));
    add(cases, "of another", sent).set("jwks", foreign);
    expected.put("of another", "refused");
    for (Map.Entry<String, Sent> forged : changed(sent).entrySet()) {
      String name = forged.getKey() + " changed";
      add(cases, name, forged.getValue()).set("jwks", jwks);
      expected.put(name, "refused");
      assertThat(each).as(name).noneMatch(key -> isSigned(key, forged.getValue()));
    }
    assertThat(node(cases)).isEqualTo(expected);
  }

  @Test
  void afterTheOverlap_theSecretsBeforeSignNothing() throws Exception {
    WebhookDefinition webhook = webhook(Instant.now().minusSeconds(1));
    Sent sent = send(webhook);
    assertThat(sent.header("webhook-signature").split(" ", -1)).hasSize(2);
    assertThat(isTaken(SECRET, sent)).isTrue();
    assertThat(isTaken(BEFORE, sent)).isFalse();
    JsonNode keys = JSON.readTree(publicKeys(webhook, "crm").body()).path("keys");
    assertThat(keys)
        .singleElement()
        .satisfies(
            key ->
                assertThat(key.path("whpk").asText())
                    .isEqualTo("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="));
  }

  // Some have the old one only: what they could not verify they would refuse for good.
  @Test
  void secretBefore_thatIsNotThere_sendsNothing() throws Exception {
    Files.delete(folder.resolve("before"));
    WebhookDefinition webhook = webhook(Instant.now().plusSeconds(3_600));
    assertThat(begin(webhook))
        .isEqualTo(
            new Outcome.NotSent(
                "the file " + folder.resolve("before") + " cannot be read (NoSuchFileException)"));
    assertThat(received).isEmpty();
    Files.delete(folder.resolve("key-before"));
    assertThat(publicKeys(webhook, "crm"))
        .satisfies(
            answer -> {
              assertThat(answer.statusCode()).isEqualTo(503);
              assertThat(answer.body()).doesNotContain(folder.toString());
            });
  }

  @Test
  void publicKeys_areTold_asTheStandardsHaveThem_ofNobodyElse() throws Exception {
    WebhookDefinition webhook = webhook(Instant.now().minusSeconds(1));
    HttpResponse<String> answer = publicKeys(webhook, "crm");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Cache-Control")).contains("public, max-age=300");
    String example =
        KEYS.matcher(Files.readString(DOC))
            .results()
            .map(m -> m.group(1))
            .findFirst()
            .orElseThrow();
    assertThat(JSON.readTree(answer.body())).isEqualTo(JSON.readTree(example));

    assertThat(publicKeys(webhook, "other").statusCode()).isEqualTo(404);
    assertThat(publicKeys(Webhooks.webhook("crm"), "crm").statusCode())
        .as("a webhook without signing_key")
        .isEqualTo(404);
  }

  private WebhookDefinition webhook(Instant until) {
    return Webhooks.parse(
        """
        name: crm
        url: http://127.0.0.1:%d/hook
        secret: {file: "%s"}
        signing_key: {file: "%s"}
        previous: {until: "%s", secret: {file: "%s"}, signing_key: {file: "%s"}}
        on: {transitions: all}
        """
            .formatted(
                endpoint.getAddress().getPort(),
                folder.resolve("secret"),
                folder.resolve("key"),
                until,
                folder.resolve("before"),
                folder.resolve("key-before")));
  }

  private Sent send(WebhookDefinition webhook) throws Exception {
    assertThat(begin(webhook)).isEqualTo(new Outcome.Delivered(200));
    return received.remove();
  }

  private Outcome begin(WebhookDefinition webhook) throws Exception {
    return sender
        .send(
            webhook,
            Delivery.newBuilder()
                .setWebhook("crm")
                .setProfileId("p1")
                .setWebhookId("msg_1")
                .setBody(ByteString.copyFromUtf8(BODY))
                .build())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
      received.add(new Sent(new String(exchange.getRequestBody().readAllBytes(), UTF_8), headers));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private HttpResponse<String> publicKeys(WebhookDefinition webhook, String name) throws Exception {
    HttpServer server =
        HttpServer.start(
            HttpServerConfig.onPort(0),
            List.of(
                new PublicKeysHttp(
                    DefinitionsSource.fixed(Webhooks.definitions(webhook)),
                    signatures,
                    InstantSource.system())));
    try (server;
        HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + server.port()
                          + "/.well-known/webhooks/"
                          + name
                          + "/jwks.json"))
              .timeout(Duration.ofSeconds(20))
              .build(),
          BodyHandlers.ofString());
    }
  }

  /** A delivery with one thing changed that is signed, or with its signatures changed. */
  private static Map<String, Sent> changed(Sent sent) {
    long timestamp = Long.parseLong(sent.header("webhook-timestamp"));
    return Map.of(
        "body",
        sent.withBody(sent.body() + " "),
        "id",
        sent.with("webhook-id", "msg_2"),
        "timestamp",
        sent.with("webhook-timestamp", Long.toString(timestamp + 1)),
        "signature",
        sent.with(
            "webhook-signature",
            // The first letter of each one, so that all are still base64 of their length.
            Pattern.compile("(v1a?,)(.)")
                .matcher(sent.header("webhook-signature"))
                .replaceAll(m -> m.group(1) + (m.group(2).equals("A") ? "B" : "A"))),
        "age",
        sent.with("webhook-timestamp", Long.toString(timestamp - 301)));
  }

  private boolean isTaken(String secret, Sent sent) {
    try {
      java().bySecret(sent.lists(), sent.body(), secret);
      return true;
    } catch (WebhookVerificationException e) {
      return false;
    } catch (Exception e) {
      throw new AssertionError("the library could not look at it", e);
    }
  }

  private boolean isSigned(JsonNode key, Sent sent) {
    try {
      return java()
          .byPublicKey(
              sent.lists(), sent.body().getBytes(UTF_8), List.of(key.path("spki").asText()));
    } catch (SignatureException e) {
      // What was changed may be no signature any more.
      return false;
    } catch (Exception e) {
      throw new AssertionError("the key cannot be read", e);
    }
  }

  private JavaExamples java() throws Exception {
    if (java == null) {
      java = JavaExamples.compile(examples("java"), folder);
    }
    return java;
  }

  /** Those of the documentation in a language, in their order. */
  private static List<String> examples(String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(DOC))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static ObjectNode add(ArrayNode cases, String name, Sent sent) {
    ObjectNode one = cases.addObject().put("name", name).put("body", sent.body());
    ObjectNode headers = one.putObject("headers");
    sent.headers().forEach(headers::put);
    return one;
  }

  /** What the documentation's functions say of each case: taken, or refused. */
  private static Map<String, String> node(ArrayNode cases) throws Exception {
    NodeVerifiers node = NodeVerifiers.shared();
    Path file = node.directory().resolve("cases.json");
    Files.write(file, JSON.writeValueAsBytes(cases));
    List<String> examples = examples("js");
    assertThat(examples).hasSize(2);
    String said =
        node.run(
            String.join("\n", examples)
                + """
                import { readFileSync } from "node:fs";
                import { Webhook as Svix } from "svix";

                function verified({ library, secret, jwks, body, headers }) {
                  if (jwks) return verifiedByPublicKey(body, headers, jwks);
                  if (library === "svix") return new Svix(secret).verify(body, headers);
                  return verifiedBySecret(body, headers, secret);
                }

                const told = {};
                for (const one of JSON.parse(readFileSync(process.env.CASES, "utf8"))) {
                  try {
                    const message = verified(one);
                    told[one.name] = message.data.name === "Zoë 😀" ? "taken" : "misread";
                  } catch (error) {
                    told[one.name] = error instanceof TypeError ? String(error.stack) : "refused";
                  }
                }
                console.log(JSON.stringify(told));
                """,
            Map.of("CASES", file.toString()));
    Map<String, String> told = new LinkedHashMap<>();
    JSON.readTree(said).properties().forEach(e -> told.put(e.getKey(), e.getValue().asText()));
    return told;
  }

  // HMAC fills a short key up with zeros: keys of zeros are one key, however long they are.
  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) length);
    return bytes;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
