package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class StandaloneIT {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String DEFINITIONS = "../../definitions";

  @TempDir private Path folder;
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void strangerWhoLogsIn_isOnePersonInAnAudience_alsoAfterARestart() throws Exception {
    try (Standalone standalone = Standalone.start(config())) {
      assertThat(attune("apply", DEFINITIONS, "--server", standalone.url())).contains("10 new");
      for (int i = 1; i <= 3; i++) {
        post(
            standalone,
            "/v1/page",
            "{\"anonymousId\":\"visitor\",\"messageId\":\"p" + i + "\",\"properties\":{}}");
      }
      post(
          standalone,
          "/v1/identify",
          "{\"anonymousId\":\"visitor\",\"userId\":\"7\",\"messageId\":\"l\",\"traits\":{\"plan\":\"pro\"}}");
      awaitProfile(
          standalone, profile -> profile.path("audiences").toString().contains("three-views"));
      assertThat(attune("status", "--server", standalone.url()))
          .contains("profile-service", "refresher", "audience-evaluator", "webhook-dispatcher");
    }
    try (Standalone standalone = Standalone.start(config())) {
      awaitProfile(
          standalone,
          profile ->
              profile.path("audiences").toString().contains("three-views")
                  && profile.path("traits").toString().contains("pro"));
      assertThat(attune("apply", DEFINITIONS, "--server", standalone.url()))
          .contains("0 new, 0 changed, 10 unchanged");
    }
  }

  // All of 127/8 leads to this machine, so that whoever listens everywhere answers there, too.
  @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere 127.0.0.2 has to be set up first")
  @Test
  void ports_unlessToldOtherwise_areOpenOnLoopbackAlone() throws Exception {
    try (Standalone standalone = Standalone.start(config())) {
      StandaloneConfig.Ports ports = standalone.ports();
      for (int port : List.of(ports.http(), ports.grpc(), ports.kafka(), ports.redis())) {
        assertThat(isOpen(1, port)).as("127.0.0.1:" + port).isTrue();
        assertThat(isOpen(2, port)).as("127.0.0.2:" + port).isFalse();
      }
    }
  }

  private static boolean isOpen(int host, int port) throws IOException {
    var address = InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) host});
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), (int) SOON.toMillis());
      return true;
    } catch (ConnectException e) {
      return false;
    }
  }

  @Test
  void takenPort_isSaidWithItsHolderAndNothingIsLeftRunning() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      StandaloneConfig config =
          config().withPorts(new StandaloneConfig.Ports(taken.getLocalPort(), 0, 0, 0));
      assertThatThrownBy(() -> Standalone.start(config))
          .isInstanceOf(Complaint.class)
          .hasMessageContaining(
              "port " + taken.getLocalPort() + ", wanted for HTTP, is taken by java")
          .hasMessageContaining("(pid " + ProcessHandle.current().pid() + ")");
    }
    // The folder can be used at once: nobody holds it any more.
    DataDir.open(config().dataDir()).close();
  }

  private StandaloneConfig config() {
    return StandaloneConfig.of(folder.resolve("data")).withPorts(StandaloneConfig.Ports.FREE);
  }

  private void post(Standalone standalone, String path, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(standalone.url() + path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    assertThat(http.send(request, BodyHandlers.ofString()).body()).isEqualTo("{\"success\":true}");
  }

  private void awaitProfile(Standalone standalone, Predicate<JsonNode> wanted) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(standalone.url() + "/v1/profiles/user_id:7")).build();
    long deadline = System.nanoTime() + SOON.toNanos();
    while (true) {
      JsonNode profile = JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
      if (wanted.test(profile)) {
        return;
      }
      assertThat(System.nanoTime()).as("the profile in time: %s", profile).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private static String attune(String... arguments) {
    var out = new ByteArrayOutputStream();
    var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    assertThat(Main.commands(Terminal.plain(stream, stream)).execute(arguments))
        .as("%s", out)
        .isZero();
    return out.toString(StandardCharsets.UTF_8);
  }
}
