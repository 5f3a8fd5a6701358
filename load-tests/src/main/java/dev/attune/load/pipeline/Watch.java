package dev.attune.load.pipeline;

import dev.attune.proto.v1.Profile;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks for the effect of watched events, from the acknowledgement on until a lookup shows it. Only
 * a sample is watched, with a pause between looks, so that looking does not become the load.
 */
final class Watch implements AutoCloseable {
  static final Duration LOOKUP_PAUSE = Duration.ofMillis(4);
  static final Duration AUDIENCE_PAUSE = Duration.ofMillis(10);

  /** After which it is given up; whether it is lost is found out at the end. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Events watched at once; one more is not watched, and counted. */
  private static final int AT_ONCE_MAX = 2_000;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore free = new Semaphore(AT_ONCE_MAX);
  private final Plan plan;
  private final Ledger ledger;
  private final Lookups lookups;
  private final Latencies visible = new Latencies();
  private final Latencies member = new Latencies();
  private final Latencies warmUp = new Latencies();
  private final AtomicLong unwatched = new AtomicLong();

  Watch(Plan plan, Ledger ledger, Lookups lookups) {
    this.plan = plan;
    this.ledger = ledger;
    this.lookups = lookups;
  }

  /** Begins to look for an event that was acknowledged just now, if it is watched. */
  void acknowledged(int i) {
    if (!plan.isWatched(i)) {
      return;
    }
    if (!free.tryAcquire()) {
      unwatched.incrementAndGet();
      return;
    }
    var _ =
        threads.submit(
            () -> {
              try {
                look(i);
              } finally {
                free.release();
              }
            });
  }

  private void look(int i) {
    boolean identify = plan.kind(i) == Plan.Kind.IDENTIFY;
    Duration pause = identify ? LOOKUP_PAUSE : AUDIENCE_PAUSE;
    long from = ledger.acknowledgedAt(i);
    String userId = plan.userId(i);
    while (!Thread.currentThread().isInterrupted()) {
      Optional<Profile> found = lookups.find(userId);
      long waited = System.nanoTime() - from;
      boolean shows =
          found
              .filter(
                  profile ->
                      identify
                          ? Lookups.sequence(profile) >= i
                          : Lookups.isMember(profile, Definitions.JOINED))
              .isPresent();
      if (shows || waited > PATIENCE.toNanos()) {
        latencies(i, identify).record(waited);
        return;
      }
      // A twentieth of the wait is exact enough; a slow system is not slowed down by being asked.
      LockSupport.parkNanos(Math.max(pause.toNanos(), waited / 20));
    }
  }

  private Latencies latencies(int i, boolean identify) {
    if (!plan.isTimed(i)) {
      return warmUp;
    }
    return identify ? visible : member;
  }

  /** The same of both kinds of event, before the load was timed. */
  Latencies warmUp() {
    return warmUp;
  }

  /** From the acknowledgement of an identify until a lookup showed its value. */
  Latencies visible() {
    return visible;
  }

  /** From the acknowledgement of a stranger's event until a lookup showed the audience. */
  Latencies member() {
    return member;
  }

  /** Events that should have been watched when too many were. */
  long unwatched() {
    return unwatched.get();
  }

  /** Waits for what is being looked for. */
  @Override
  public void close() {
    threads.close();
  }
}
