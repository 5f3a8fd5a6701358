package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.StoreException;
import dev.attune.platform.http.Json;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupHttpTest {
  private static final String JANE =
      """
      {"profile_id":"0123456789abcdef0123456789abcdef",\
      "identifiers":[{"namespace":"user_id","value":"42"},\
      {"namespace":"email","value":"jane+news@example.com"},\
      {"namespace":"user_id","value":"a/b: ü😀"}],\
      "traits":{"big":9007199254740993,"born":"1969-12-31","broken":null,"nothing":null,\
      "ratio":0.5,"seen":"2017-07-14T02:40:00.123456Z","things":["a\\"b",{"k":true}]},\
      "audiences":[{"audience":"for_ever","entered_at":"1970-01-01T00:00:01Z"},\
      {"audience":"holds","entered_at":"1970-01-01T00:00:01Z",\
      "valid_until":"2026-11-21T08:00:00.000001Z"}],\
      "merged_from":["ffffffffffffffffffffffffffffffff"],\
      "updated_at":"1970-01-01T00:00:01Z","version":7,"read_at":"2026-11-21T08:00:00Z"}""";

  private final Service service;

  LookupHttpTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofMillis(200), 100));
  }

  @AfterEach
  void close() {
    service.close();
  }

  @Test
  void knownIdentifier_isTheWholeProfile_withoutTheMembershipThatEnded() throws Exception {
    var reply = service.get("/v1/profiles/user_id:42");
    assertThat(reply.body()).isEqualTo(JANE);
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user_id%3A42",
        "user_id:%34%32",
        "email:jane+news@example.com",
        "email:Jane%2BNews%40Example.com",
        "user_id:a%2Fb%3A%20%C3%BC%F0%9F%98%80",
        "user_id:a/b:%20%C3%BC%F0%9F%98%80",
        "id:0123456789abcdef0123456789abcdef"
      })
  void everyWayToWriteAnIdentifier_findsTheSame(String who) throws Exception {
    assertThat(service.get("/v1/profiles/" + who).body()).isEqualTo(JANE);
  }

  @Test
  void post_findsByIdentifier_andByProfileId() throws Exception {
    assertThat(service.post("{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"}}").body())
        .isEqualTo(JANE);
    assertThat(service.post("{\"profile_id\":\"" + Service.JANE + "\"}").body()).isEqualTo(JANE);
  }

  @Test
  void nobody_is404() throws Exception {
    var reply = service.get("/v1/profiles/user_id:nobody");
    assertThat(reply.statusCode()).isEqualTo(404);
    assertThat(reply.body())
        .isEqualTo("{\"code\":\"not_found\",\"message\":\"nobody is known by this identifier\"}");
    assertThat(service.get("/v1/profiles/id:" + "0".repeat(32)).statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user_id:",
        "user_id",
        ":42",
        "phone:42",
        "user_id:0",
        "user_id:%00",
        "user_id:secret%0Asecret",
        "user_id:%C3",
        "user_id:%ED%A0%80",
        "id:secret",
        "id:0123456789ABCDEF0123456789abcdef"
      })
  void badIdentifier_is400_namesTheRule_andNotTheValue(String who) throws Exception {
    String raw = rawGet("/v1/profiles/" + who);
    assertThat(raw).contains(" 400 ", "\"code\":\"invalid_identifier\"").doesNotContain("secret");
  }

  @Test
  void pathThatIsNotPercentEncoded_is400() throws Exception {
    assertThat(rawGet("/v1/profiles/user_id:%4")).contains(" 400 ", "\"code\":");
    assertThat(rawGet("/v1/profiles/user_id:%zz")).contains(" 400 ", "\"code\":");
    assertThat(rawGet("/v1/profiles/user_id:ü😀")).contains(" 400 ", "\"code\":");
  }

  @Test
  void longValue_is400() throws Exception {
    assertThat(service.get("/v1/profiles/user_id:" + "x".repeat(257)).body())
        .contains("value: length 257 (expected: 1-256)");
    assertThat(
            service
                .post(
                    "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\""
                        + "x".repeat(10_000)
                        + "\"}}")
                .body())
        .contains("invalid_identifier", "length 10000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "\"user_id:secret\"",
        "{}",
        "{\"identifier\":null}",
        "{\"identifier\":\"user_id:secret\"}",
        "{\"identifier\":{\"namespace\":\"user_id\"}}",
        "{\"identifier\":{\"namespace\":\"user_id\",\"value\":42}}",
        "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\",\"secret\":1}}",
        "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"42\"},\"profile_id\":\"secret\"}",
        "{\"profile_id\":1}",
        "{\"profile_id\":\"secret\"}",
        "{\"identifier\":{\"namespace\":\"secret\",\"value\":\"42\"}}",
        "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"\\u0000secret\"}}",
        "{\"identifier\":{\"namespace\":\"user_id\",\"value\":\"\\ud800secret\"}}",
      })
  void badBody_is400_inOneSentence_withoutWhatWasSent(String body) throws Exception {
    var reply = service.post(body);
    assertThat(reply.statusCode()).isEqualTo(400);
    var json = Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
    assertThat(json.path("code").asText())
        .isIn("invalid_json", "invalid_request", "invalid_identifier");
    assertThat(json.path("message").asText()).isNotEmpty().doesNotContain("secret");
  }

  @Test
  void silentStore_is503AtTheDeadline_andWorthARetry() throws Exception {
    service.store.silent();
    long began = System.nanoTime();
    var reply = service.get("/v1/profiles/user_id:42", "Attune-Timeout-Ms", "50");
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    assertThat(reply.statusCode()).isEqualTo(503);
    assertThat(reply.body()).contains("\"unavailable\"");
    assertThat(reply.headers().firstValue("retry-after")).hasValue("1");
    assertThat(took).isBetween(Duration.ofMillis(45), Duration.ofSeconds(2));
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(503);
    service.store.fault(null);
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(200);
  }

  @Test
  void ofTheCallersTimeout_theReplysOwnTimeIsKeptBack() throws Exception {
    String path = "/v1/profiles/user_id:42";
    for (String timeout : new String[] {"50", "120", "5000"}) {
      assertThat(service.get(path, "Attune-Timeout-Ms", timeout).statusCode()).isEqualTo(200);
    }
    assertThat(service.get(path).statusCode()).isEqualTo(200);
    assertThat(service.store.lookupTimeouts.get("42"))
        .containsExactly(
            Duration.ofMillis(45),
            Duration.ofMillis(114),
            Duration.ofMillis(200),
            Duration.ofMillis(200));
  }

  @Test
  void failingStore_isTold_asWhatItIs() throws Exception {
    service.store.failing(new StoreException(StoreException.Kind.UNAVAILABLE, "away"));
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(503);
    service.store.failing(new StoreException(StoreException.Kind.OVERLOADED, "too much"));
    var overloaded = service.get("/v1/profiles/user_id:42");
    assertThat(overloaded.body()).contains("\"overloaded\"");
    assertThat(overloaded.statusCode()).isEqualTo(429);
    assertThat(overloaded.headers().firstValue("retry-after")).hasValue("1");
    service.store.failing(new StoreException(StoreException.Kind.CORRUPT, "nonsense"));
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(500);
    service.store.fault(
        () -> {
          throw new IllegalStateException("thrown, not returned");
        });
    assertThat(service.get("/v1/profiles/user_id:42").statusCode()).isEqualTo(503);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "10001", "-1", "soon", ""})
  void badTimeout_is400(String timeout) throws Exception {
    var reply = service.get("/v1/profiles/user_id:42", "Attune-Timeout-Ms", timeout);
    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("Attune-Timeout-Ms");
  }

  @Test
  void otherMethods_are405() throws Exception {
    assertThat(service.get("/v1/profiles:lookup").statusCode()).isEqualTo(405);
  }

  private String rawGet(String path) throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.http.port())) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      var reply = new ByteArrayOutputStream();
      socket.getInputStream().transferTo(reply);
      return reply.toString(StandardCharsets.UTF_8);
    }
  }
}
