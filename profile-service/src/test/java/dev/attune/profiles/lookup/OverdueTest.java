package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.testkit.Await;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OverdueTest {
  private final Overdue overdue = new Overdue();

  @AfterEach
  void close() {
    overdue.close();
  }

  @Test
  void time_isUp_neitherEarlyNorForgotten() throws Exception {
    for (int millis : new int[] {0, 1, 30, 200}) {
      Duration time = Duration.ofMillis(millis);
      var up = new CompletableFuture<Long>();
      long began = System.nanoTime();
      var _ = overdue.in(time, () -> up.complete(System.nanoTime()));
      long took = up.get(10, TimeUnit.SECONDS) - began;
      assertThat(Duration.ofNanos(took)).isGreaterThanOrEqualTo(time);
    }
  }

  @Test
  void whatHasEnded_isLeftAlone() throws Exception {
    var expired = new AtomicInteger();
    for (int i = 0; i < 1_000; i++) {
      overdue.in(Duration.ofMillis(i % 20), expired::incrementAndGet).ended();
    }
    var later = new CompletableFuture<Boolean>();
    var _ = overdue.in(Duration.ofMillis(100), () -> later.complete(true));
    assertThat(later.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(expired).hasValue(0);
  }

  // It sleeps once there is nothing; the next one must wake it.
  @Test
  void afterAQuietWhile_itIsAwakeAgain() throws Exception {
    Await.until(Duration.ofSeconds(10), "it never sleeps", overdue::isAsleep);
    var up = new CompletableFuture<Boolean>();
    var _ = overdue.in(Duration.ofMillis(10), () -> up.complete(true));
    assertThat(up.get(10, TimeUnit.SECONDS)).isTrue();
  }
}
