package dev.attune.refresher.lease;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to run a model, and the model's state with it. Whoever holds it alone replaces the
 * state; what it does after somebody took it over is seen by nobody. Closing it gives it back.
 * Thread-safe.
 */
public final class Lease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);

  private final Leases leases;
  private final LeaseLog log;
  private final String model;
  private final long epoch;
  private final Holder holder;
  private final Instant since;
  private final LongSupplier nanos;

  // All guarded by this.
  private long last;
  private Map<String, String> state;
  private boolean closed;

  // Of the time that passed without a sign of life: the last one, and the longest.
  private final Object beating = new Object();
  private long beats;
  private long beatAt;
  private long longestNanos;

  Lease(
      Leases leases,
      LeaseLog log,
      String model,
      long epoch,
      LeaseRecord claim,
      LongSupplier nanos) {
    this.leases = leases;
    this.log = log;
    this.model = model;
    this.epoch = epoch;
    this.holder = claim.holder();
    this.since = claim.since();
    this.nanos = nanos;
    this.last = epoch;
    this.state = claim.state();
    this.beatAt = nanos.getAsLong();
  }

  public String model() {
    return model;
  }

  /**
   * Greater than that of every holder before. A file whose name has it is of this holder alone; of
   * files that differ in it only, the greatest counts.
   */
  public long epoch() {
    return epoch;
  }

  /** What the model's state is; empty before the first {@link #publish}. */
  public synchronized Map<String, String> state() {
    return state;
  }

  /**
   * Replaces the model's state, safe against a loss of power.
   *
   * @throws OvertakenException when another holder took the lease; it need not see the state then
   * @throws UncheckedIOException when the storage does not do its work
   */
  public synchronized void publish(Map<String, String> state) {
    append(true, state);
    this.state = Map.copyOf(state);
    log.forget(last);
  }

  private void append(boolean held, Map<String, String> state) {
    long number = last + 1;
    if (!log.create(number)) {
      throw overtaken();
    }
    // Also when it cannot be written: no number is used twice.
    last = number;
    leases.created(model, number);
    log.write(number, new LeaseRecord(epoch, held, holder, since, state));
    check();
  }

  /**
   * Returns while nobody took the lease over. It may be taken right after.
   *
   * @throws OvertakenException when somebody did
   */
  public synchronized void check() {
    if (log.greatest() > last) {
      throw overtaken();
    }
  }

  /**
   * Who took the lease over, in one sentence; empty when nobody did, as far as the storage tells.
   */
  public Optional<String> overtaking() {
    try {
      check();
      return Optional.empty();
    } catch (OvertakenException e) {
      return Optional.ofNullable(e.getMessage());
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  private OvertakenException overtaken() {
    LeaseLog.Top top = log.top();
    Optional<LeaseRecord> by = top.whole() ? top.record() : Optional.empty();
    return new OvertakenException(
        "the lease of the model "
            + model
            + " was taken over by "
            + by.map(record -> record.holder().label() + " at " + record.since())
                .orElse("another process")
            + "; this process had not renewed it for "
            + silence().toSeconds()
            + " s");
  }

  /** The longest time without a sign of life. */
  private Duration silence() {
    synchronized (beating) {
      return Duration.ofNanos(Math.max(longestNanos, nanos.getAsLong() - beatAt));
    }
  }

  /** Shows that this process is alive. */
  void beat() {
    long count;
    synchronized (beating) {
      count = ++beats;
    }
    log.writeBeat(epoch, count);
    synchronized (beating) {
      long now = nanos.getAsLong();
      longestNanos = Math.max(longestNanos, now - beatAt);
      beatAt = now;
    }
  }

  /** Gives it back, if nobody took it over. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        append(false, state);
      } catch (OvertakenException e) {
        // There is nothing to give back.
      } catch (UncheckedIOException e) {
        LOG.warn(
            "The lease of the model {} cannot be given back and is taken when it is over",
            model,
            e);
      }
    }
    leases.closed(this);
  }
}
