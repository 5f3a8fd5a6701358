package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis is killed and stays away for a while: lookups say so in time, and events wait. */
class StoreOutageIT {
  private static final Duration SOON = Duration.ofMinutes(1);

  /** The service's own is 0.2 s; the rest is for a busy machine. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(3);

  @TempDir private Path folder;

  @Test
  void redisKilled_lookupsAnswer503InTimeAndEventsAreThereOnceItIsBack() throws Exception {
    StandaloneConfig config =
        StandaloneConfig.of(folder.resolve("data")).withPorts(StandaloneConfig.Ports.FREE);
    try (Standalone standalone = Standalone.start(config)) {
      String url = standalone.url();
      identify(url, "early");
      Await.until(SOON, "the profile is not there", () -> status(url, "early") == 200);

      try (ServerSocket _ = killRedisAndTakeItsPort(standalone)) {
        Await.until(SOON, "the lookup is still ready", () -> !isReady(url));
        for (int i = 0; i < 5; i++) {
          long began = System.nanoTime();
          Http.Reply reply = Http.get(url + "/v1/profiles/user_id:early");
          assertThat(reply.status()).isEqualTo(503);
          assertThat(reply.message()).isEqualTo("the store did not answer in time; try again");
          assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(ANSWER_MAX);
          identify(url, "meanwhile-" + i);
        }
      }

      Await.until(SOON, "the lookup did not heal", () -> status(url, "early") == 200);
      for (int i = 0; i < 5; i++) {
        String userId = "meanwhile-" + i;
        Await.until(SOON, "an accepted event is lost", () -> status(url, userId) == 200);
      }
      Await.until(SOON, "the lookup is not ready again", () -> isReady(url));
    }
  }

  /** Its supervisor would bring it back at once: the port is held until the socket is closed. */
  private ServerSocket killRedisAndTakeItsPort(Standalone standalone) throws IOException {
    Path pidFile = standalone.data().redis().resolve("redis.pid");
    long deadline = System.nanoTime() + SOON.toNanos();
    while (System.nanoTime() < deadline) {
      long pid = Long.parseLong(Files.readString(pidFile).strip());
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      Await.until(SOON, "Redis did not end", () -> !Child.runs(pid));
      Optional<ServerSocket> taken = take(standalone.ports().redis());
      if (taken.isPresent()) {
        return taken.get();
      }
    }
    throw new AssertionError("Redis came back each time before its port could be taken");
  }

  private static Optional<ServerSocket> take(int port) {
    try {
      return Optional.of(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void identify(String url, String userId) throws Exception {
    Http.Reply reply = Http.post(url + "/v1/identify", "{\"userId\": \"" + userId + "\"}");
    assertThat(reply.status()).as("events are accepted").isEqualTo(200);
  }

  private static int status(String url, String userId) {
    return get(url + "/v1/profiles/user_id:" + userId);
  }

  private static boolean isReady(String url) {
    return get(url + "/health/ready/profile-service") == 200;
  }

  private static int get(String url) {
    try {
      return Http.get(url).status();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(url, e);
    }
  }
}
