package dev.attune.refresher.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three processes that take a lease, publish, pause, are killed and take it from each other at
 * random, step of the file system by step: one step is taken at a time, so that a seed says all.
 * Set {@code -Dattune.seed} to repeat a failure.
 */
class LeaseRaceTest {
  private static final String MODEL = "customers";
  private static final int PROCESSES = 3;
  private static final int SEEDS = 60;
  private static final int ROUNDS = 12;
  private static final long LOOK_NANOS = 10_000_000_000L;

  /** How many a process takes on average before it is killed. */
  private static final int STEPS_ALIVE = 150;

  @TempDir Path directory;

  /** What a holder was told is published. */
  private record Published(long epoch, long count) {}

  /** Nobody catches it. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  /** A process whose steps are taken when its turn comes. */
  private final class Actor {
    private final Semaphore turn = new Semaphore(0);
    private final Semaphore stopped = new Semaphore(0);
    private final Random random;
    private final Leases leases;
    private final Thread thread;
    private long nanos;
    private volatile boolean ended;

    Actor(Path state, long seed, int number) {
      random = new Random(seed * PROCESSES + number);
      leases =
          Leases.still(
              state,
              TestLeases.holder("p" + number),
              // Whoever takes a lease from somebody who is alive must do no harm.
              _ -> random.nextInt(3) == 0,
              () -> TestLeases.NOW.plusMillis(random.nextInt(9)),
              // So that a few looks are as long as a holder may be silent.
              () -> nanos += LOOK_NANOS,
              this::pause);
      thread = Thread.ofVirtual().unstarted(this::live);
      thread.start();
    }

    private void pause() {
      stopped.release();
      await(turn);
      if (random.nextInt(STEPS_ALIVE) == 0) {
        throw new Killed();
      }
    }

    void step() {
      turn.release();
      await(stopped);
    }

    private void live() {
      try {
        await(turn);
        for (int round = 0; round < ROUNDS; round++) {
          switch (leases.acquire(MODEL)) {
            case Attempt.Held _ -> {}
            case Attempt.Acquired acquired -> hold(acquired.lease());
          }
        }
      } catch (Killed e) {
        kills++;
      } catch (Throwable e) {
        failures.add(e);
      } finally {
        ended = true;
        stopped.release();
      }
    }

    private void hold(Lease lease) {
      long known = count(lease);
      assertThat(known)
          .as("what was published is seen by the next holder")
          .isGreaterThanOrEqualTo(published.isEmpty() ? 0 : published.getLast().count());
      try {
        for (int i = random.nextInt(4); i > 0; i--) {
          lease.publish(Map.of("count", String.valueOf(count(lease) + 1)));
          published.add(new Published(lease.epoch(), count(lease)));
        }
        if (random.nextInt(3) > 0) {
          lease.close();
        }
      } catch (OvertakenException e) {
        // So it goes.
        overtakings++;
      }
    }
  }

  private static long count(Lease lease) {
    return Long.parseLong(lease.state().getOrDefault("count", "0"));
  }

  private static void await(Semaphore semaphore) {
    try {
      if (!semaphore.tryAcquire(30, TimeUnit.SECONDS)) {
        throw new AssertionError("no step within 30 s");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // One step is taken at a time: of one thread at a time.
  private final List<Published> published = new ArrayList<>();
  private int overtakings;
  private int kills;
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();

  @Test
  void whatever_theOrderOfSteps_nothingPublishedIsLost_andNobodyWhoWasOvertakenPublishes()
      throws Exception {
    long first = Long.getLong("attune.seed", new Random().nextLong());
    int all = 0;
    for (long seed = first; seed < first + SEEDS; seed++) {
      published.clear();
      Random random = new Random(seed);
      Path state = Files.createDirectory(directory.resolve("s" + seed));
      List<Actor> actors = new ArrayList<>();
      for (int i = 0; i < PROCESSES; i++) {
        actors.add(new Actor(state, seed, i));
      }
      while (!actors.isEmpty()) {
        Actor actor = actors.get(random.nextInt(actors.size()));
        // Now and then one takes many steps while the others stand still.
        for (int i = random.nextInt(6) == 0 ? 40 : 1; i > 0 && !actor.ended; i--) {
          actor.step();
        }
        actors.removeIf(each -> each.ended);
      }
      assertThat(failures).as("seed %d", seed).isEmpty();
      assertThat(published)
          .as("seed %d: epochs and counts of what was published, in that order", seed)
          .isSortedAccordingTo(
              (one, other) -> one.epoch() <= other.epoch() && one.count() < other.count() ? -1 : 1);
      all += published.size();
    }
    assertThat(all).as("publications of seed %d", first).isGreaterThan(SEEDS);
    assertThat(overtakings).as("overtakings of seed %d", first).isPositive();
    assertThat(kills).as("kills of seed %d", first).isPositive();
  }
}
