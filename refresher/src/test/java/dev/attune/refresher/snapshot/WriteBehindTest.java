package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WriteBehindTest {
  @Test
  void write_whileOneIsWritten_returnsAndTheNextOneWaits() throws Exception {
    List<String> order = new ArrayList<>();
    var read = new CountDownLatch(1);
    try (var behind = new WriteBehind()) {
      behind.write(
          () -> {
            awaitQuietly(read);
            order.add("first");
          });
      // It is read while the first is written: else nobody would count down.
      read.countDown();
      behind.write(() -> order.add("second"));
      behind.await();
    }
    assertThat(order).containsExactly("first", "second");
  }

  @Test
  void write_afterOneThatFailed_throwsItsFailureAndWritesNoMore() {
    // A checkpoint of the second would say that the first was written, too.
    var second = new AtomicBoolean();
    try (var behind = new WriteBehind()) {
      behind.write(
          () -> {
            throw new StoppedException();
          });
      assertThatThrownBy(() -> behind.write(() -> second.set(true)))
          .isInstanceOf(StoppedException.class);
    }
    assertThat(second).isFalse();
  }

  @Test
  void await_afterAnError_throwsIt() {
    try (var behind = new WriteBehind()) {
      behind.write(
          () -> {
            throw new Bench.KilledError();
          });
      assertThatThrownBy(behind::await).isInstanceOf(Bench.KilledError.class);
    }
  }

  @Test
  void close_whileOneIsWritten_waitsForIt() {
    // Whoever takes over the model must not meet somebody who still writes.
    var begun = new CountDownLatch(1);
    var closing = new CountDownLatch(1);
    var done = new AtomicBoolean();
    try (var behind = new WriteBehind()) {
      behind.write(
          () -> {
            begun.countDown();
            awaitQuietly(closing);
            done.set(true);
          });
      awaitQuietly(begun);
      closing.countDown();
    }
    assertThat(done).isTrue();
  }

  @Test
  void close_whenInterrupted_interruptsTheWriterAndWaits() {
    var writing = new CountDownLatch(1);
    var interrupted = new AtomicBoolean();
    assertThatThrownBy(
            () -> {
              try (var behind = new WriteBehind()) {
                behind.write(
                    () -> {
                      writing.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        interrupted.set(true);
                      }
                    });
                writing.await();
                Thread.currentThread().interrupt();
                behind.await();
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("interrupted");
    assertThat(interrupted).isTrue();
    assertThat(Thread.interrupted()).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not counted down within 20 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
