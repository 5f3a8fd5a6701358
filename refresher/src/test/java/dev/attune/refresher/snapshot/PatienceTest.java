package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.StoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class PatienceTest {
  private final ArrayDeque<RuntimeException> failures = new ArrayDeque<>();
  private final List<Long> pauses = new ArrayList<>();
  private int writes;
  private long now = Long.MAX_VALUE - 1_000;

  private void write() {
    new Patience(
            Duration.ofMinutes(2),
            () -> now,
            millis -> {
              pauses.add(millis);
              now += Duration.ofMillis(millis).toNanos();
            })
        .write(
            () -> {
              writes++;
              if (!failures.isEmpty()) {
                throw failures.remove();
              }
            });
  }

  private static StoreException store(StoreException.Kind kind) {
    return new StoreException(kind, "the store is " + kind);
  }

  @Test
  void passingFaults_areRepeatedWithGrowingPauses() {
    failures.add(store(StoreException.Kind.UNAVAILABLE));
    failures.add(store(StoreException.Kind.OVERLOADED));
    failures.add(new TimeoutException("the log is away"));

    write();

    assertThat(writes).isEqualTo(4);
    assertThat(pauses).containsExactly(20L, 40L, 80L);
  }

  @Test
  void otherFailures_areNotRepeated() {
    failures.add(store(StoreException.Kind.CORRUPT));
    assertThatThrownBy(this::write).hasMessage("the store is CORRUPT");
    failures.add(new RecordTooLargeException("too large"));
    assertThatThrownBy(this::write).hasMessage("too large");
    assertThat(pauses).isEmpty();
  }

  @Test
  void outage_failsTheRunInTheEnd() {
    failures.addAll(Collections.nCopies(1_000, store(StoreException.Kind.UNAVAILABLE)));

    assertThatThrownBy(this::write)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("gave up after repeating a write for 120 s: the store is UNAVAILABLE");
    assertThat(pauses.stream().mapToLong(Long::longValue).sum()).isBetween(115_000L, 120_000L);
  }

  @Test
  void interrupt_endsTheWait() {
    var patience = new Patience(Duration.ofMinutes(2));

    assertThatThrownBy(
            () ->
                patience.write(
                    () -> {
                      Thread.currentThread().interrupt();
                      throw store(StoreException.Kind.UNAVAILABLE);
                    }))
        .hasMessageStartingWith("interrupted while the store or the log was away");
    assertThat(Thread.interrupted()).isTrue();
  }
}
