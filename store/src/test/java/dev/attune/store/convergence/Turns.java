package dev.attune.store.convergence;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Several workers at one store, of whom one works at a time. Who goes on after each call is a
 * seed's choice, so that a race that was lost once is lost again.
 */
final class Turns {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Random random;
  private final int staying;
  private final List<Integer> working = new ArrayList<>();
  private int turn;

  private Turns(Random random, int workers) {
    this.random = new Random(random.nextLong());
    // Some races need one to pause at one call only, while the other does much.
    this.staying = 1 + random.nextInt(20);
    for (int i = 0; i < workers; i++) {
      working.add(i);
    }
    turn = random.nextInt(workers);
  }

  /**
   * Lets all of them work to their end.
   *
   * @param workers each is given what it has to run before a call
   */
  static void take(Random random, List<Consumer<Runnable>> workers) {
    Turns turns = new Turns(random, workers.size());
    try (ExecutorService threads = Executors.newFixedThreadPool(workers.size())) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < workers.size(); i++) {
        int worker = i;
        running.add(threads.submit(() -> turns.work(worker, workers.get(worker))));
      }
      for (Future<?> work : running) {
        work.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A fault now and then, and a turn taken before each call. */
  static BooleanSupplier faults(Runnable turn, Random random, double share) {
    return () -> {
      turn.run();
      return random.nextDouble() < share;
    };
  }

  private void work(int worker, Consumer<Runnable> work) {
    await(worker);
    try {
      work.accept(() -> pass(worker));
    } finally {
      leave(worker);
    }
  }

  private synchronized void pass(int worker) {
    if (random.nextInt(staying) == 0) {
      choose();
    }
    await(worker);
  }

  private synchronized void leave(int worker) {
    working.remove(Integer.valueOf(worker));
    if (!working.isEmpty()) {
      choose();
    }
  }

  private synchronized void choose() {
    turn = working.get(random.nextInt(working.size()));
    notifyAll();
  }

  private synchronized void await(int worker) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    try {
      while (turn != worker) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0) {
          throw new IllegalStateException("no turn within 30 s: the other worker is stuck");
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
