package dev.attune.load.chaos;

import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Kills dispatchers and starts them again. Every third stays away for so long that the other one
 * takes its partitions over; the next kill may fall into that, or into a start.
 */
final class Killer {
  private static final int LONG_EVERY = 3;
  private static final Duration SHORT_MAX = Duration.ofSeconds(2);

  /** A member that is not heard of is given up after 10 s. */
  private static final Duration LONG_MIN = Duration.ofSeconds(11);

  private static final Duration LONG_MAX = Duration.ofSeconds(15);
  private static final long LOOK_MILLIS = 50;

  private final List<Victim> victims;
  private final Random random;
  private final Executor threads;
  private final List<Instant> kills = new ArrayList<>();
  private final List<CompletableFuture<Void>> returns = new ArrayList<>();
  private int whileStarting;

  /**
   * @param threads in which those that were killed come back
   */
  Killer(List<Victim> victims, Random random, Executor threads) {
    this.victims = List.copyOf(victims);
    this.random = random;
    this.threads = threads;
  }

  /** Kills one that is up, once there is one, after a while. */
  void kill(Duration most) throws IOException, InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextLong(most.toMillis()));
    List<Victim> up = up();
    while (up.isEmpty()) {
      requireReturns();
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      up = up();
    }
    Victim victim = up.get(random.nextInt(up.size()));
    whileStarting += victim.isReady() ? 0 : 1;
    victim.kill();
    kills.add(Instant.now());
    Duration away =
        kills.size() % LONG_EVERY == 1
            ? between(LONG_MIN, LONG_MAX)
            : between(Duration.ZERO, SHORT_MAX);
    returns.add(
        CompletableFuture.runAsync(
            () -> start(victim),
            CompletableFuture.delayedExecutor(away.toMillis(), TimeUnit.MILLISECONDS, threads)));
  }

  private Duration between(Duration least, Duration most) {
    return least.plusMillis(random.nextLong(most.minus(least).toMillis()));
  }

  private List<Victim> up() {
    return victims.stream().filter(Victim::isUp).toList();
  }

  private static void start(Victim victim) {
    try {
      victim.start();
    } catch (IOException e) {
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until all are up. */
  void awaitReturns() {
    try {
      CompletableFuture.allOf(returns.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      throw new Complaint("a dispatcher did not start again.", e);
    }
  }

  private void requireReturns() {
    if (returns.stream().anyMatch(CompletableFuture::isCompletedExceptionally)) {
      awaitReturns();
    }
  }

  /** When each was over. */
  List<Instant> kills() {
    return List.copyOf(kills);
  }

  /** How many of them met one that was not ready yet. */
  int whileStarting() {
    return whileStarting;
  }
}
