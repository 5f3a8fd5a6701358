package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Profile;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests as Segment's and RudderStack's SDKs really sent them (headers, encodings and bodies),
 * repeated byte for byte over a socket.
 */
class RecordedSdksIT {
  private static final Pattern CONTENT_LENGTH =
      Pattern.compile("(?i)\\r\\ncontent-length: *(\\d+)\\r\\n");

  @TempDir Path stateDir;

  @ParameterizedTest
  @ValueSource(strings = {"node-sdks", "segment-node-retry", "java-sdks", "segment-browser"})
  void requests_asSdksSendThem_areAcceptedAndEndUpAsProfiles(String recording) throws Exception {
    try (var refresher = new RunningRefresher(RedisBackend.shared(), stateDir)) {
      List<String> recorded = new ArrayList<>();
      int sent = 0;
      for (String line : lines(recording)) {
        JsonNode request = Json.parse(line.getBytes(StandardCharsets.UTF_8));
        if (!request.get("m").textValue().equals("POST")) {
          settings(request, refresher);
          continue;
        }
        JsonNode body =
            Json.parse(request.get("body").textValue().getBytes(StandardCharsets.UTF_8));
        (body.has("batch") ? body.get("batch") : List.of(body))
            .forEach(event -> recorded.add(event.get("messageId").textValue()));
        String response = repeat(request, refresher.uri("/").getPort());
        assertThat(response).startsWith("HTTP/1.1 200").endsWith("{\"success\":true}");
        sent++;
      }
      assertThat(sent).isPositive();
      assertThat(refresher.logged()).containsExactlyInAnyOrderElementsOf(recorded);

      Profile profile = refresher.awaitTrait("user_id", "u1", "email");
      assertThat(refresher.profile("email", "a@b.c").orElseThrow().getProfileId())
          .isEqualTo(profile.getProfileId());
      Profile group = refresher.awaitTrait("group_id", "g1", "plan");
      assertThat(group.getIdentifiersList()).hasSize(1);
      refresher.awaitTrait("user_id", "u1", "group_ids");
      if (!recording.equals("segment-browser")) {
        // There an alias says that u1 is u1.
        Await.until(
            Duration.ofSeconds(30),
            "the alias does not lead to the person",
            () ->
                refresher
                    .profile("anonymous_id", "an1")
                    .map(Profile::getProfileId)
                    .equals(Optional.of(profile.getProfileId())));
      }
      assertThat(refresher.deadLetters).isEmpty();
    }
  }

  // The recording's base address had a path of its own.
  private static void settings(JsonNode request, RunningRefresher refresher) throws Exception {
    HttpResponse<String> response =
        refresher.send("GET", request.get("u").textValue().replaceFirst("^/cdn", ""), "");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(
            Json.parse(response.body().getBytes(StandardCharsets.UTF_8))
                .at("/integrations/Segment.io/apiKey")
                .textValue())
        .isEqualTo("WKB");
  }

  private static Iterable<String> lines(String recording) throws IOException {
    try (InputStream in =
        RecordedSdksIT.class.getResourceAsStream("/sdk-traffic/" + recording + ".jsonl")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static String repeat(JsonNode request, int port) throws IOException {
    JsonNode headers = request.get("h");
    byte[] body = request.get("body").textValue().getBytes(StandardCharsets.UTF_8);
    if (headers.path("content-encoding").asText().equals("gzip")) {
      body = gzip(body);
    }
    boolean chunked = headers.path("transfer-encoding").asText().equals("chunked");
    StringBuilder head =
        new StringBuilder("POST " + request.get("u").textValue() + " HTTP/1.1\r\n");
    for (var header : headers.properties()) {
      // One request a connection; the recorded body was unpacked, so its length is ours.
      if (!header.getKey().matches("connection|content-length")) {
        head.append(header.getKey()).append(": ").append(header.getValue().asText()).append("\r\n");
      }
    }
    head.append("connection: close\r\n");
    if (!chunked) {
      head.append("content-length: ").append(body.length).append("\r\n");
    }
    head.append("\r\n");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      out.write(head.toString().getBytes(StandardCharsets.US_ASCII));
      if (chunked) {
        out.write((Integer.toHexString(body.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      } else {
        out.write(body);
      }
      out.flush();
      return reply(socket.getInputStream());
    }
  }

  // Read no further than the reply goes: the connection may stay open.
  private static String reply(InputStream in) throws IOException {
    StringBuilder reply = new StringBuilder();
    while (reply.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        return reply.toString();
      }
      reply.append((char) next);
    }
    Matcher length = CONTENT_LENGTH.matcher(reply);
    int rest = length.find() ? Integer.parseInt(length.group(1)) : 0;
    return reply.append(new String(in.readNBytes(rest), StandardCharsets.UTF_8)).toString();
  }

  private static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(body);
    }
    return packed.toByteArray();
  }
}
