package dev.attune.refresher.lease;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Leases of a process that a test imagines: its time passes when the test says so, and it shows
 * that it is alive when the test says so.
 */
public final class TestLeases {
  public static final Instant NOW = Instant.parse("2026-11-21T00:00:00Z");

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final Leases leases;

  private TestLeases(Path stateDir, String host, boolean alone, Runnable between) {
    this.leases =
        Leases.still(
            stateDir, holder(host), _ -> alone, InstantSource.fixed(NOW), nanos::get, between);
  }

  static Holder holder(String host) {
    return new Holder(host, 7, "", "", Holder.here().id());
  }

  /** Of a process that knows that all others are dead. */
  public static Leases alone(Path stateDir) {
    return new TestLeases(stateDir, "alone", true, () -> {}).leases;
  }

  /** Of a process on a machine of its own. */
  public static TestLeases on(Path stateDir, String host) {
    return on(stateDir, host, () -> {});
  }

  static TestLeases on(Path stateDir, String host, Runnable between) {
    return new TestLeases(stateDir, host, false, between);
  }

  public Leases leases() {
    return leases;
  }

  /** The lease, which must be free or the holder's to be taken over. */
  public Lease acquired(String model) {
    return acquired(leases, model);
  }

  /** As {@link #acquired(String)}. */
  public static Lease acquired(Leases leases, String model) {
    return switch (leases.acquire(model)) {
      case Attempt.Acquired acquired -> acquired.lease();
      case Attempt.Held held -> throw new AssertionError("held by " + held.told());
    };
  }

  /** Time passes here. */
  public void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  /** Shows that it is alive. */
  public void beat() {
    leases.beat();
  }

  /**
   * Waits until another holder has shown nothing new for long enough, and takes its lease; looks
   * every few seconds, as a process does.
   */
  public Lease takeOver(String model) {
    for (int look = 0; look < 8; look++) {
      if (leases.acquire(model) instanceof Attempt.Acquired acquired) {
        return acquired.lease();
      }
      pass(Duration.ofSeconds(Leases.BEAT_SECONDS));
    }
    throw new AssertionError("the lease of " + model + " could not be taken over");
  }
}
