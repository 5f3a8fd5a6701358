package dev.attune.refresher.rebuild;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.StoreException;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.refresher.event.HandledMarks;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the store from {@code attune.profile-changes}: all of it when an operator asks, one at a
 * time; the end of it by itself when the store lost acknowledged writes. Events go on meanwhile.
 *
 * <p>Metrics: {@code attune.store.rebuilds} by outcome, {@code attune.store.tail.merges} (each is a
 * failover that lost something, or might have).
 */
public final class Rebuilds implements AutoCloseable {
  /** The clocks of the log and of whoever noticed the loss may differ by this much. */
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofMinutes(1);

  private static final long RETRY_MILLIS = 1_000;
  private static final Duration CLOSE = Duration.ofSeconds(10);
  private static final Logger LOG = LoggerFactory.getLogger(Rebuilds.class);

  private final StoreRestore restore;
  private final HandledMarks marks;
  private final InstantSource clock;
  private final MeterRegistry meters;
  private final Semaphore lost = new Semaphore(0);
  private final Thread tail;

  // Guarded by this.
  private @Nullable Rebuild last;
  private @Nullable Thread running;
  private boolean closed;
  private boolean forgetful;
  private boolean unfilled;
  private Instant lostSince = Instant.MAX;
  private int losses;

  /**
   * Nothing runs yet.
   *
   * @param writer of the same store
   * @param timeout of each call to the store
   */
  public Rebuilds(
      KafkaSettings settings,
      ProfileStore store,
      ProfileWriter writer,
      Supplier<Catalog> catalog,
      HandledMarks marks,
      Duration timeout,
      InstantSource clock,
      MeterRegistry meters) {
    this.restore = new StoreRestore(settings, store, writer, catalog, timeout);
    this.marks = marks;
    this.clock = clock;
    this.meters = meters;
    this.tail = Thread.ofVirtual().name("tail-merge").unstarted(this::mergeTails);
  }

  /** Begins to look after lost writes. */
  public void start() {
    tail.start();
  }

  /** Starts a rebuild on a thread of its own; empty when one runs already. */
  public synchronized Optional<Rebuild> begin() {
    if (closed) {
      throw new IllegalStateException("rebuilds are closed");
    }
    if (last != null && last.state() == Rebuild.State.RUNNING) {
      return Optional.empty();
    }
    Rebuild begun = Rebuild.begin(clock.instant());
    last = begun;
    running = Thread.ofVirtual().name("rebuild").start(this::rebuild);
    return Optional.of(begun);
  }

  /**
   * Begins to fill a store that forgets with its process; to be called before {@link #start}. Until
   * that is done lookups with a token wait, and {@link #fillTrouble} says so.
   */
  public synchronized void fill() {
    forgetful = true;
    unfilled = true;
    marks.hold(clock.instant());
    var _ = begin();
  }

  /** Why a store that forgets is not to be asked yet, in a few words; empty when it may be. */
  public synchronized String fillTrouble() {
    if (!unfilled) {
      return "";
    }
    return isFillFailed()
        ? "the store is not filled from the log: " + current().message()
        : "filling the store from the log";
  }

  /** Whether the first fill of a store that forgets has ended without filling it. */
  public synchronized boolean isFillFailed() {
    return unfilled && current().state() == Rebuild.State.FAILED;
  }

  /** Whether the first fill of a store that forgets is under way. */
  public synchronized boolean isFilling() {
    return unfilled && current().state() == Rebuild.State.RUNNING;
  }

  /** The one that runs, or the last one of this process. */
  public synchronized Optional<Rebuild> last() {
    return Optional.ofNullable(last);
  }

  private void rebuild() {
    try {
      StoreRestore.Outcome outcome =
          restore.run(
              Instant.EPOCH,
              new StoreRestore.Progress() {
                @Override
                public void total(long offsets) {
                  update(offsets, 0);
                }

                @Override
                public void passed(long offsets) {
                  update(-1, offsets);
                }
              });
      // The store may have lost them with everything else.
      marks.again();
      end(current().done(clock.instant(), outcome));
      filled();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(current().failed(clock.instant(), "the process is shutting down"));
    } catch (RuntimeException e) {
      LOG.error("the rebuild failed", e);
      end(current().failed(clock.instant(), why(e)));
    }
  }

  private synchronized void filled() {
    if (unfilled) {
      unfilled = false;
      marks.release();
    }
  }

  private static String why(RuntimeException e) {
    return e instanceof StoreException store
        ? "the store is " + store.kind()
        : "the log could not be read: " + e.getClass().getSimpleName();
  }

  private synchronized Rebuild current() {
    return last == null ? Rebuild.begin(clock.instant()) : last;
  }

  // Negative: as it is. The workers tell in no order; it never goes back.
  private synchronized void update(long total, long passed) {
    Rebuild now = current();
    last = now.at(total < 0 ? now.total() : total, Math.max(now.passed(), passed));
  }

  private synchronized void end(Rebuild ended) {
    last = ended;
    meters.counter("attune.store.rebuilds", "outcome", ended.state().label()).increment();
    LOG.info(
        "the rebuild is {}: {} written, {} merged, {} skipped {}",
        ended.state().label(),
        ended.written(),
        ended.merged(),
        ended.skipped(),
        ended.message());
  }

  /**
   * The store lost writes that it had acknowledged, e.g. because a replica took over that did not
   * have them: what the log was told since then is merged into it again. Returns at once; until it
   * is done lookups with a token wait. Who dies meanwhile begins again at its next start, with all
   * of the log.
   *
   * @param since writes that were acknowledged before are safe; {@link Instant#EPOCH} when nobody
   *     knows, and all of the log is taken
   */
  public void lostWrites(Instant since) {
    LOG.warn("the store may have lost acknowledged writes; merging the end of the log into it");
    synchronized (this) {
      if (since.isBefore(lostSince)) {
        lostSince = since;
      }
      losses++;
    }
    marks.hold(clock.instant());
    lost.release();
  }

  // Several that come while one is merged are merged together, as far back as any of them began.
  private void mergeTails() {
    try {
      if (!isForgetful() && wasCutShort()) {
        lostWrites(Instant.EPOCH);
      }
      while (true) {
        lost.acquire();
        Instant since;
        int held;
        synchronized (this) {
          since = lostSince;
          held = losses;
          lostSince = Instant.MAX;
          losses = 0;
        }
        if (held == 0) {
          continue;
        }
        mergeTail(since.equals(Instant.EPOCH) ? since : since.minus(CLOCK_DIFFERENCE_MAX));
        for (int i = 0; i < held; i++) {
          marks.release();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean isForgetful() {
    return forgetful;
  }

  // A process that died while it merged: nobody but the marks knows.
  private boolean wasCutShort() throws InterruptedException {
    while (true) {
      try {
        return marks.isHeldBySomebody().toCompletableFuture().get();
      } catch (ExecutionException e) {
        LOG.debug("whether a merge was cut short is not known yet", e);
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
      }
    }
  }

  // Nobody asks for it again, so it is tried until it is done.
  private void mergeTail(Instant since) throws InterruptedException {
    while (true) {
      try {
        StoreRestore.Outcome outcome = restore.run(since, NO_PROGRESS);
        meters.counter("attune.store.tail.merges").increment();
        LOG.info(
            "the end of the log is merged: {} written, {} merged, {} skipped",
            outcome.written(),
            outcome.merged(),
            outcome.skipped());
        return;
      } catch (RuntimeException e) {
        LOG.warn("merging the end of the log failed and begins again", e);
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
      }
    }
  }

  private static final StoreRestore.Progress NO_PROGRESS =
      new StoreRestore.Progress() {
        @Override
        public void total(long offsets) {}

        @Override
        public void passed(long offsets) {}
      };

  /** Ends what is under way; repeating it is safe. */
  @Override
  public void close() {
    Thread active;
    synchronized (this) {
      closed = true;
      active = running;
    }
    restore.close();
    tail.interrupt();
    try {
      tail.join(CLOSE);
      if (active != null && !active.join(CLOSE)) {
        LOG.warn("a rebuild did not end within {} s", CLOSE.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
