package dev.attune.platform.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShutdownTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final List<String> closed = new CopyOnWriteArrayList<>();

  @Test
  void parts_areClosedLastOpenedFirst_once() {
    Shutdown shutdown = new Shutdown();
    shutdown.add("broker", () -> closed.add("broker"), SOON);
    shutdown.add("server", () -> closed.add("server"), SOON);
    shutdown.close();
    shutdown.close();
    assertThat(closed).containsExactly("server", "broker");
  }

  // A signal interrupts a start wherever it is. If closing were hurried by it, the broker would be
  // cut off while its clients still wrote.
  @Test
  void interruptedThread_stillClosesOneAfterTheOther_andKeepsItsFlag() {
    CountDownLatch never = new CountDownLatch(1);
    Shutdown shutdown = new Shutdown();
    shutdown.add("broker", () -> closed.add("broker"), SOON);
    shutdown.add(
        "server",
        () -> {
          assertThat(never.await(50, TimeUnit.MILLISECONDS)).isFalse();
          closed.add("server");
        },
        SOON);
    Thread.currentThread().interrupt();
    shutdown.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(closed).containsExactly("server", "broker");
  }

  @Test
  void partThatFailsOrHangs_doesNotKeepTheOthersOpen() {
    CountDownLatch never = new CountDownLatch(1);
    Shutdown shutdown = new Shutdown();
    shutdown.add("broker", () -> closed.add("broker"), SOON);
    shutdown.add("stuck", never::await, Duration.ofMillis(20));
    shutdown.add(
        "broken",
        () -> {
          throw new IllegalStateException("it would not close");
        },
        SOON);
    shutdown.close();
    assertThat(closed).containsExactly("broker");
  }
}
