package dev.attune.profiles.lookup;

import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.WriteToken;
import dev.attune.proto.v1.TokenState;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lookups that wait until an event has been applied. All of them share one question to the store,
 * asked again every few milliseconds while anybody waits; no thread is held.
 */
final class TokenWaits implements AutoCloseable {
  /** Most partitions of all waiting tokens together: so many marks are read at once. */
  static final int PARTITIONS_MAX = 4_096;

  private static final Logger LOG = LoggerFactory.getLogger(TokenWaits.class);
  private static final long PERIOD_MILLIS = 3;
  private static final Duration ASK_TIMEOUT = Duration.ofMillis(500);

  /** Even who does not want to wait gets one look. */
  private static final Duration LOOK = Duration.ofMillis(25);

  private final ProgressReader progress;
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private final AtomicInteger partitions = new AtomicInteger();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("token-waits").daemon().factory());

  TokenWaits(ProgressReader progress) {
    this.progress = progress;
  }

  /** Someone who waits: by identity, since two may wait for the same. */
  private static final class Waiter {
    final WriteToken token;
    final SortedMap<Integer, Long> lastOffsets;
    final CompletableFuture<TokenState> done = new CompletableFuture<>();
    final AtomicBoolean passed = new AtomicBoolean();

    Waiter(WriteToken token) {
      this.token = token;
      this.lastOffsets = token.lastOffsets();
    }

    boolean isPassed(Map<Integer, Long> handled) {
      return lastOffsets.entrySet().stream()
          .allMatch(last -> handled.getOrDefault(last.getKey(), -1L) >= last.getValue());
    }
  }

  /**
   * Ends as soon as every event of the token has been handled, at the latest after {@code atMost}.
   *
   * @throws Refusal when too many wait already
   */
  CompletableFuture<TokenState> await(WriteToken token, Duration atMost) {
    Waiter waiter = new Waiter(token);
    int own = waiter.lastOffsets.size();
    if (partitions.addAndGet(own) > PARTITIONS_MAX) {
      partitions.addAndGet(-own);
      throw new Refusal(Reason.OVERLOADED, Messages.WAITING);
    }
    waiters.add(waiter);
    var _ =
        waiter.done.whenComplete(
            (_, _) -> {
              waiters.remove(waiter);
              partitions.addAndGet(-own);
            });
    var _ =
        waiter.done.completeOnTimeout(
            TokenState.WAITING,
            Math.max(atMost.toMillis(), LOOK.toMillis()),
            TimeUnit.MILLISECONDS);
    lookSoon();
    return waiter.done;
  }

  /** Those who wait. */
  int waiting() {
    return waiters.size();
  }

  private void lookSoon() {
    if (looking.compareAndSet(false, true)) {
      look();
    }
  }

  private void look() {
    Set<Integer> wanted = new HashSet<>();
    waiters.forEach(waiter -> wanted.addAll(waiter.lastOffsets.keySet()));
    if (wanted.isEmpty()) {
      looking.set(false);
      // Someone may have come after the set was read, and seen that a look was under way.
      if (!waiters.isEmpty()) {
        lookSoon();
      }
      return;
    }
    var _ =
        asked(() -> progress.handled(bounded(wanted), ASK_TIMEOUT))
            .whenComplete(
                (handled, error) -> {
                  if (error == null) {
                    waiters.stream().filter(w -> w.isPassed(handled)).forEach(this::passed);
                  }
                  again();
                });
  }

  // A waiter counts its partitions before it is among the waiters, so that this never cuts anything
  // off; it is here so that a mistake there could not become a question without a limit.
  private static Collection<Integer> bounded(Set<Integer> wanted) {
    return wanted.stream().limit(PARTITIONS_MAX).toList();
  }

  private void passed(Waiter waiter) {
    if (!waiter.passed.compareAndSet(false, true)) {
      return;
    }
    var _ =
        asked(() -> progress.anyRejected(waiter.token, ASK_TIMEOUT))
            .whenComplete(
                (rejected, error) -> {
                  if (error == null) {
                    waiter.done.complete(rejected ? TokenState.REJECTED : TokenState.APPLIED);
                  } else {
                    // The next look asks again.
                    waiter.passed.set(false);
                  }
                });
  }

  private static <T> CompletionStage<T> asked(Supplier<CompletionStage<T>> question) {
    try {
      return question.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void again() {
    try {
      var _ = timer.schedule(this::look, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closed while a lookup waited for a token", e);
    }
  }

  /** Whoever still waits gets what there is when its time is up. */
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
