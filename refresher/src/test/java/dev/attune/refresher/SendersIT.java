package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.attune.proto.v1.Trait;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.testkit.KafkaBackend;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may send events: write keys, and the pages of browsers. */
class SendersIT {
  private static final String TRACK = "{'userId':'u','event':'E'}";
  private static final String SHOP = "https://shop.example";

  @TempDir Path stateDir;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    refresher =
        new RunningRefresher(
            RedisBackend.shared(),
            stateDir,
            KafkaBackend.shared().bootstrapServers(),
            new CollectorConfig(
                Map.of("web", "WEB-1", "server", "SERVER-1"), Set.of(SHOP, "null"), false));
  }

  @AfterEach
  void stop() {
    refresher.close();
  }

  private static String basic(String user) {
    return "Basic "
        + Base64.getEncoder().encodeToString((user + ":").getBytes(StandardCharsets.UTF_8));
  }

  private void answers(int status, HttpResponse<String> response, String... said) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    for (String text : said) {
      assertThat(response.body()).contains(text);
    }
  }

  @Test
  void writeKey_isTheBasicUser_thenTheBodys_thenTheQuerys() throws Exception {
    String named = "{'writeKey':'WEB-1','userId':'w','traits':{'a':1}}";
    answers(200, refresher.post("/v1/identify", named));
    String wrong = "{'writeKey':'nobody','userId':'w','traits':{'b':1}}";
    answers(200, refresher.send("POST", "/v1/identify", wrong, "Authorization", basic("SERVER-1")));
    answers(200, refresher.post("/v1/identify?writeKey=WEB-1", "{'userId':'w','traits':{'c':1}}"));
    answers(
        200,
        refresher.post(
            "/v1/b", "{'writeKey':'WEB-1','batch':[{'type':'track','userId':'w','event':'E'}]}"));

    answers(401, refresher.post("/v1/track", TRACK), "invalid_write_key", "is missing");
    answers(401, refresher.post("/v1/identify?writeKey=WEB-1", wrong), "not one of");
    answers(
        401,
        refresher.send("POST", "/v1/identify", named, "Authorization", basic("nobody")),
        "not one of");
    answers(
        400,
        refresher.send("POST", "/v1/identify", named, "Authorization", "Basic %%%"),
        "invalid_authorization");

    for (String trait : new String[] {"a", "b", "c"}) {
      refresher.awaitTrait("user_id", "w", trait);
    }
    assertThat(refresher.profile("user_id", "w").orElseThrow().getTraitsList())
        .extracting(Trait::getName, Trait::getSource)
        .containsExactly(
            tuple("a", "events:web"), tuple("b", "events:server"), tuple("c", "events:web"));
    // A key is no business of whoever reads the log.
    assertThat(refresher.logged()).hasSize(4);
  }

  @Test
  void settings_areThoseOfAKnownKey() throws Exception {
    for (String path : new String[] {"/v1/projects/WEB-1/settings", "/projects/WEB-1/settings/"}) {
      HttpResponse<String> known = refresher.send("GET", path, "", "Origin", SHOP);
      answers(200, known, "\"Segment.io\"", "\"apiKey\":\"WEB-1\"");
      assertThat(known.headers().firstValue("Access-Control-Allow-Origin")).contains(SHOP);
    }
    answers(401, refresher.send("GET", "/v1/projects/nobody/settings", ""), "invalid_write_key");
  }

  @Test
  void page_ofAListedOrigin_mayAskAndSend() throws Exception {
    HttpResponse<String> asked =
        refresher.send(
            "OPTIONS",
            "/v1/t",
            "",
            "Origin",
            SHOP,
            "Access-Control-Request-Method",
            "POST",
            "Access-Control-Request-Headers",
            "authorization,content-type");
    assertThat(asked.statusCode()).isEqualTo(204);
    assertThat(asked.headers().firstValue("Access-Control-Allow-Origin")).contains(SHOP);
    assertThat(asked.headers().firstValue("Access-Control-Allow-Methods").orElseThrow())
        .contains("POST");
    assertThat(asked.headers().firstValue("Access-Control-Allow-Headers").orElseThrow())
        .contains("Authorization");
    assertThat(asked.headers().firstValue("Vary")).contains("Origin");

    HttpResponse<String> sent =
        refresher.send(
            "POST",
            "/v1/t",
            TRACK,
            "Origin",
            SHOP,
            "Authorization",
            basic("WEB-1"),
            "Content-Type",
            "text/plain");
    answers(200, sent);
    assertThat(sent.headers().firstValue("Access-Control-Allow-Origin")).contains(SHOP);
    // A page reads why it was refused, too.
    HttpResponse<String> refused = refresher.send("POST", "/v1/t", TRACK, "Origin", SHOP);
    answers(401, refused);
    assertThat(refused.headers().firstValue("Access-Control-Allow-Origin")).contains(SHOP);
  }

  @Test
  void page_ofAnotherOrigin_isRefusedAndNothingIsTaken() throws Exception {
    String query = "?writeKey=WEB-1";
    for (String origin :
        new String[] {"https://evil.example", SHOP + ".evil.example", "http://shop.example"}) {
      answers(
          403,
          refresher.send("POST", "/v1/t" + query, TRACK, "Origin", origin),
          "origin_not_allowed");
      HttpResponse<String> asked = refresher.send("OPTIONS", "/v1/t", "", "Origin", origin);
      answers(403, asked);
      assertThat(asked.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }
    assertThat(refresher.logged()).isEmpty();
    String own = refresher.uri("").toString();
    answers(200, refresher.send("POST", "/v1/t" + query, TRACK, "Origin", own));
  }
}
