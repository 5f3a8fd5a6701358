package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EmbeddedRedisIT {
  @TempDir Path directory;

  @Test
  void restart_onTheSameDirectory_keepsData() throws IOException {
    try (var redis = EmbeddedRedis.start(directory, 0)) {
      assertThat(ask(redis.port(), "SET k before")).isEqualTo("+OK");
    }
    try (var redis = EmbeddedRedis.start(directory, 0)) {
      assertThat(ask(redis.port(), "GET k")).isEqualTo("$6 before");
    }
  }

  @Test
  void start_afterItsParentWasKilled_takesTheOrphanOver() throws Exception {
    takesOver(orphan());
  }

  @Test
  void start_afterItsParentWasKilledBeforeThePidWasWritten_takesTheOrphanOver() throws Exception {
    Orphan orphan = orphan();
    Files.delete(directory.resolve("redis.pid"));
    takesOver(orphan);
  }

  private record Orphan(long pid, int port) {}

  private Orphan orphan() throws Exception {
    try (var child = ChildJvm.start(RedisMain.class, directory)) {
      int port = Integer.parseInt(child.line());
      ask(port, "SET k orphaned");
      long pid = Long.parseLong(Files.readString(directory.resolve("redis.pid")).strip());
      child.kill();
      assertThat(ask(port, "PING")).isEqualTo("+PONG"); // it did outlive its parent
      return new Orphan(pid, port);
    }
  }

  private void takesOver(Orphan orphan) throws IOException {
    // The same port: it is free again only because the orphan was stopped.
    try (var redis = EmbeddedRedis.start(directory, orphan.port())) {
      assertThat(redis.pid()).isNotEqualTo(orphan.pid());
      assertThat(ask(redis.port(), "GET k")).isEqualTo("$8 orphaned");
      assertThat(ProcessHandle.of(orphan.pid()).flatMap(handle -> handle.info().command()))
          .isEmpty();
    }
  }

  @Test
  void start_withThePidOfAStranger_leavesTheStrangerAlone() throws Exception {
    Process stranger = new ProcessBuilder("sleep", "60").start();
    try {
      Files.writeString(directory.resolve("redis.pid"), stranger.pid() + "\n");
      try (var redis = EmbeddedRedis.start(directory, 0)) {
        assertThat(ask(redis.port(), "PING")).isEqualTo("+PONG");
        assertThat(stranger.isAlive()).isTrue();
      }
    } finally {
      stranger.destroyForcibly();
    }
  }

  @Test
  void kill_whileRunning_isBroughtBackOnThePortWithItsData() throws Exception {
    try (var redis = EmbeddedRedis.start(directory, 0)) {
      long first = redis.pid();
      ask(redis.port(), "SET k kept");
      ProcessHandle.of(first).orElseThrow().destroyForcibly();
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (redis.pid() == first) {
        assertThat(System.nanoTime()).as("Redis was not brought back").isLessThan(deadline);
        Thread.onSpinWait();
      }
      assertThat(ask(redis.port(), "GET k")).isEqualTo("$4 kept");
    }
  }

  @Test
  void start_onATakenPort_saysInOneSentenceWhoHasIt() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      assertThatThrownBy(() -> EmbeddedRedis.start(directory, port))
          .isInstanceOf(PortTakenException.class)
          .hasMessage(
              "Port %d, wanted for Redis, is taken by java (pid %d)."
                  .formatted(port, ProcessHandle.current().pid()));
    }
  }

  @Test
  void start_onADirectoryInUse_isRefused() {
    try (var redis = EmbeddedRedis.start(directory, 0)) {
      assertThat(redis.isAlive()).isTrue();
      assertThatThrownBy(() -> EmbeddedRedis.start(directory, 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is in use by another Attune");
    }
  }

  @Test
  void close_whileRunning_endsTheProcess() {
    long pid;
    try (var redis = EmbeddedRedis.start(directory, 0)) {
      pid = redis.pid();
    }
    // One that has ended is listed for a moment, until it is reaped; it runs no program.
    assertThat(ProcessHandle.of(pid).flatMap(process -> process.info().command())).isEmpty();
  }

  /** One inline command; a bulk answer comes as its length and its content. */
  private static String ask(int port, String command) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
      var lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String first = lines.readLine();
      return first.startsWith("$") ? first + " " + lines.readLine() : first;
    }
  }

  /** The process that is killed. */
  static final class RedisMain {
    public static void main(String[] args) throws InterruptedException {
      var redis = EmbeddedRedis.start(Path.of(args[0]), 0);
      System.out.println(redis.port());
      Thread.sleep(Duration.ofMinutes(1));
    }
  }
}
