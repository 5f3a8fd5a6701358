package dev.attune.refresher.lease;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lease for each model, beside its state in the state directory: a lease anywhere else could be
 * lost while what it guards is not. A holder shows every {@value #BEAT_SECONDS} s that it is alive.
 * Its lease is taken when it is closed; when its process is dead for sure, which a process of the
 * same machine can tell; or when it showed nothing new for {@value #STILL_SECONDS} s, counted by
 * the one who waits: clocks of two machines are never compared.
 *
 * <p>Taking a lease from somebody who is alive after all (whose machine was suspended, who was cut
 * off from the storage) is harmless: it costs that holder its run, see {@link Lease}. Thread-safe.
 */
public final class Leases implements AutoCloseable {
  static final int BEAT_SECONDS = 5;
  static final int STILL_SECONDS = 30;

  // Who was suspended itself has not seen whether others showed anything meanwhile.
  private static final Duration LOOK_MAX = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

  /** What was last seen of another holder. */
  private static final class Watch {
    private final long number;
    private final String beat;
    private long lookedAt;
    private long stillNanos;

    Watch(long number, String beat, long lookedAt) {
      this.number = number;
      this.beat = beat;
      this.lookedAt = lookedAt;
    }
  }

  private final Path directory;
  private final Holder self;
  private final Predicate<Holder> gone;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final Runnable between;
  private final @Nullable ScheduledExecutorService timer;

  // All guarded by this.
  private final Map<String, Lease> held = new HashMap<>();
  private final Map<String, Watch> watches = new HashMap<>();
  // The last number that this process created, by model: if it is the last of all, nobody else has
  // the lease, whatever it says.
  private final Map<String, Long> created = new HashMap<>();

  private Leases(
      Path directory,
      Holder self,
      Predicate<Holder> gone,
      InstantSource clock,
      LongSupplier nanos,
      Runnable between,
      @Nullable ScheduledExecutorService timer) {
    this.directory = directory;
    this.self = self;
    this.gone = gone;
    this.clock = clock;
    this.nanos = nanos;
    this.between = between;
    this.timer = timer;
  }

  /**
   * The leases of a state directory, on behalf of this process.
   *
   * @param stateDir the one of a model is in its folder {@code models/MODEL/state}
   */
  public static Leases open(Path stateDir, InstantSource clock) {
    var timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("refresh-leases").factory());
    var leases =
        new Leases(
            stateDir.resolve("models"),
            Holder.here(),
            Holder::isGone,
            clock,
            System::nanoTime,
            () -> {},
            timer);
    var _ =
        timer.scheduleWithFixedDelay(leases::beat, BEAT_SECONDS, BEAT_SECONDS, TimeUnit.SECONDS);
    return leases;
  }

  /**
   * Leases that nobody renews but who calls {@link #beat}.
   *
   * @param gone which holders are dead for sure
   * @param between called between any two steps on the file system
   */
  static Leases still(
      Path stateDir,
      Holder self,
      Predicate<Holder> gone,
      InstantSource clock,
      LongSupplier nanos,
      Runnable between) {
    return new Leases(stateDir.resolve("models"), self, gone, clock, nanos, between, null);
  }

  /**
   * Takes the lease of a model, unless somebody else has it. Does not wait: who wants it asks again
   * every few seconds.
   *
   * @throws UncheckedIOException when the storage does not do its work
   */
  public synchronized Attempt acquire(String model) {
    LeaseLog log = log(model);
    while (true) {
      LeaseLog.Top top = log.top();
      if (isTaken(model, log, top)) {
        return held(top);
      }
      // Where there is none yet, greater than any that there was before somebody deleted them,
      // whose epochs other files may have still.
      long number = top.number() == 0 ? clock.millis() : top.number() + 1;
      if (!log.create(number)) {
        // Somebody was faster.
        continue;
      }
      created.put(model, number);
      Map<String, String> state = log.newestBelow(number).map(LeaseRecord::state).orElse(Map.of());
      var claim = new LeaseRecord(number, true, self, clock.instant(), state);
      log.write(number, claim);
      if (log.greatest() > number) {
        continue;
      }
      watches.remove(model);
      var lease = new Lease(this, log, model, number, claim, nanos);
      held.put(model, lease);
      log.forget(number);
      log.forgetBeats(number - 1);
      top.record()
          .filter(before -> before.held() && !before.holder().equals(self))
          .ifPresent(
              before ->
                  LOG.info(
                      "The lease of the model {} is taken over from {}, which held it since {}",
                      model,
                      before.holder().label(),
                      before.since()));
      return new Attempt.Acquired(lease);
    }
  }

  private LeaseLog log(String model) {
    return new LeaseLog(directory.resolve(model).resolve("state"), between);
  }

  private static Attempt.Held held(LeaseLog.Top top) {
    return top.whole() && top.record().isPresent()
        ? new Attempt.Held(
            top.record().get().holder().label(), Optional.of(top.record().get().since()))
        : new Attempt.Held("another process", Optional.empty());
  }

  private boolean isTaken(String model, LeaseLog log, LeaseLog.Top top) {
    Long mine = created.get(model);
    if (mine != null && mine == top.number()) {
      return held.containsKey(model);
    }
    if (top.whole()) {
      boolean free =
          top.record().map(last -> !last.held() || gone.test(last.holder())).orElse(true);
      return !free && !isStill(model, log, top);
    }
    return !isStill(model, log, top);
  }

  /** Whether the holder showed nothing new for long enough. */
  private boolean isStill(String model, LeaseLog log, LeaseLog.Top top) {
    String beat = top.record().map(last -> log.beat(last.epoch())).orElse("");
    long now = nanos.getAsLong();
    Watch watch = watches.get(model);
    if (watch == null || watch.number != top.number() || !watch.beat.equals(beat)) {
      watches.put(model, new Watch(top.number(), beat, now));
      return false;
    }
    watch.stillNanos += Math.min(now - watch.lookedAt, LOOK_MAX.toNanos());
    watch.lookedAt = now;
    return watch.stillNanos >= TimeUnit.SECONDS.toNanos(STILL_SECONDS);
  }

  /** Who has the lease of a model, alive or not; empty when it is free. */
  public Optional<Attempt.Held> holder(String model) {
    LeaseLog.Top top = log(model).top();
    return top.number() == 0 || (top.whole() && top.record().stream().noneMatch(LeaseRecord::held))
        ? Optional.empty()
        : Optional.of(held(top));
  }

  /** Whether the holder of an epoch has the lease of a model still, and may be alive. */
  public boolean isInUse(String model, long epoch) {
    return log(model)
        .top()
        .record()
        .map(last -> last.epoch() == epoch && last.held() && !gone.test(last.holder()))
        .orElse(false);
  }

  /** Shows that this process is alive, to those who want what it holds. */
  void beat() {
    List<Lease> all;
    synchronized (this) {
      all = List.copyOf(held.values());
    }
    for (Lease lease : all) {
      try {
        lease.beat();
      } catch (UncheckedIOException e) {
        LOG.warn("The lease of the model {} cannot be renewed at the moment", lease.model(), e);
      }
    }
  }

  synchronized void created(String model, long number) {
    created.put(model, number);
  }

  synchronized void closed(Lease lease) {
    held.remove(lease.model(), lease);
  }

  /** Ends the renewals; what is held is to be closed before. */
  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
  }
}
