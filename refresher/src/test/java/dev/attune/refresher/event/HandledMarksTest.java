package dev.attune.refresher.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.StoreException;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.testkit.Await;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a lookup with a token is told while the store is known to lack what it had taken. */
class HandledMarksTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");

  private final ProfileStore store = new MemoryProfileStore();
  private final ProgressReader reader = ProgressReader.of(store);
  private volatile boolean away;
  private final HandledMarks marks = new HandledMarks(sometimesAway(), TIMEOUT);

  @Test
  void lossIsNoticed_nothingCountsAsHandled_untilItIsBack() {
    marks.handled(0, 5);
    marks.raise();
    assertThat(handled()).isEqualTo(5);

    marks.hold(NOW);
    assertThat(handled()).isEqualTo(-1);
    marks.handled(0, 9);
    marks.raise();
    assertThat(handled()).as("told while the merge goes on").isEqualTo(-1);

    marks.release();
    assertThat(handled()).isEqualTo(9);
  }

  @Test
  void markCouldNotBeWrittenJustBefore_lossIsToldAtOnceAllTheSame() {
    marks.handled(0, 5);
    marks.raise();
    away = true;
    marks.handled(0, 6);
    marks.raise();
    away = false;

    marks.hold(NOW);
    assertThat(handled()).isEqualTo(-1);
  }

  @Test
  void storeIsAwayWhenTheLossIsNoticed_itIsToldWithTheNextMarks() throws Exception {
    marks.handled(0, 5);
    marks.raise();
    away = true;
    marks.hold(NOW);
    away = false;
    // The marks after a failure wait for a second; whoever releases does not count on that.
    Await.until(
        TIMEOUT,
        "the loss is not told",
        () -> {
          marks.raise();
          return handled() == -1;
        });
    marks.release();
    assertThat(handled()).isEqualTo(5);
  }

  @Test
  void twoLossesAtOnce_bothMustBeBack() {
    marks.handled(0, 5);
    marks.raise();
    marks.hold(NOW);
    marks.hold(NOW);
    marks.release();
    assertThat(handled()).isEqualTo(-1);
    assertThat(marks.isHeldBySomebody().toCompletableFuture().join()).isTrue();
    marks.release();
    assertThat(handled()).isEqualTo(5);
    assertThat(marks.isHeldBySomebody().toCompletableFuture().join()).isFalse();
  }

  private long handled() {
    return reader.handled(List.of(0), TIMEOUT).toCompletableFuture().join().getOrDefault(0, -2L);
  }

  private ProfileStore sometimesAway() {
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (away) {
                return CompletableFuture.failedFuture(
                    new StoreException(StoreException.Kind.UNAVAILABLE, "injected"));
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
