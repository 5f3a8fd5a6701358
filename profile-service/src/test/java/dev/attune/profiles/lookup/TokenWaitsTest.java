package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.TokenState;
import dev.attune.testkit.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenWaitsTest {
  private static final Duration LONG = Duration.ofSeconds(10);

  private final Marks marks = new Marks();
  private final TokenWaits waits = new TokenWaits(marks);

  @AfterEach
  void close() {
    waits.close();
  }

  /** Marks that a test raises, and whose reads it counts and breaks. */
  private static final class Marks implements ProgressReader {
    final Map<Integer, Long> handled = new ConcurrentHashMap<>();
    final AtomicInteger reads = new AtomicInteger();
    volatile boolean rejected;
    volatile boolean away;

    @Override
    public CompletionStage<Map<Integer, Long>> handled(
        Collection<Integer> partitions, Duration timeout) {
      reads.incrementAndGet();
      return away ? broken() : CompletableFuture.completedFuture(Map.copyOf(handled));
    }

    @Override
    public CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout) {
      return away ? broken() : CompletableFuture.completedFuture(rejected);
    }

    private static <T> CompletionStage<T> broken() {
      return CompletableFuture.failedFuture(
          new StoreException(StoreException.Kind.UNAVAILABLE, "away"));
    }
  }

  private static WriteToken token(Object... partitionsAndOffsets) {
    TreeMap<Integer, Long> offsets = new TreeMap<>();
    for (int i = 0; i < partitionsAndOffsets.length; i += 2) {
      offsets.put((Integer) partitionsAndOffsets[i], (Long) partitionsAndOffsets[i + 1]);
    }
    return new WriteToken(offsets);
  }

  private static TokenState get(CompletableFuture<TokenState> state) throws Exception {
    return state.get(LONG.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void token_whoseEventsAreHandled_isAppliedAtOnce() throws Exception {
    marks.handled.putAll(Map.of(0, 5L, 1, 7L));
    assertThat(get(waits.await(token(0, 5L, 1, 6L), LONG))).isEqualTo(TokenState.APPLIED);
  }

  @Test
  void token_waitsForEveryPartition() throws Exception {
    marks.handled.put(0, 5L);
    var state = waits.await(token(0, 5L, 1, 6L), LONG);
    marks.handled.put(1, 5L);
    int reads = marks.reads.get();
    Await.until(LONG, "it was looked again", () -> marks.reads.get() > reads + 2);
    assertThat(state.isDone()).isFalse();
    marks.handled.put(1, 6L);
    assertThat(get(state)).isEqualTo(TokenState.APPLIED);
    assertThat(waits.waiting()).isZero();
  }

  @Test
  void token_ofADeadLetter_isRejected() throws Exception {
    marks.handled.put(0, 5L);
    marks.rejected = true;
    assertThat(get(waits.await(token(0, 5L), LONG))).isEqualTo(TokenState.REJECTED);
  }

  @Test
  void token_thatIsNotReached_isWaitingWhenTheTimeIsUp() throws Exception {
    long began = System.nanoTime();
    assertThat(get(waits.await(token(0, 5L), Duration.ofMillis(80)))).isEqualTo(TokenState.WAITING);
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(80), Duration.ofSeconds(5));
    Await.until(LONG, "nobody waits", () -> waits.waiting() == 0);
  }

  @Test
  void storeThatIsAwayForAWhile_isAskedAgain() throws Exception {
    marks.away = true;
    marks.handled.put(0, 5L);
    var state = waits.await(token(0, 5L), LONG);
    Await.until(LONG, "it was asked", () -> marks.reads.get() > 2);
    assertThat(state.isDone()).isFalse();
    marks.away = false;
    assertThat(get(state)).isEqualTo(TokenState.APPLIED);
  }

  @Test
  void manyWhoWait_shareOneQuestion_andNobodyIsAskedForNobody() throws Exception {
    List<CompletableFuture<TokenState>> all = new ArrayList<>();
    for (int i = 0; i < TokenWaits.PARTITIONS_MAX; i++) {
      all.add(waits.await(token(i % 8, 5L), LONG));
    }
    assertThatThrownBy(() -> waits.await(token(0, 5L), LONG))
        .isInstanceOfSatisfying(
            Refusal.class, e -> assertThat(e.outcome().reason()).isEqualTo(Reason.OVERLOADED));
    int reads = marks.reads.get();
    assertThat(reads).isLessThan(all.size());
    for (int i = 0; i < 8; i++) {
      marks.handled.put(i, 9L);
    }
    for (var state : all) {
      assertThat(get(state)).isEqualTo(TokenState.APPLIED);
    }
    assertThat(get(waits.await(token(0, 5L), LONG))).isEqualTo(TokenState.APPLIED);
  }
}
