package dev.attune.refresher.pace;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Makes one bulk load wait between its chunks while it costs others too much: while the store
 * answers it much slower than it did, or while somebody who has to keep up falls behind. What
 * people do now comes first; a table may take longer.
 *
 * <p>The wait doubles with each chunk that finds a strain, from {@value #PAUSE_MILLIS_MIN} ms to
 * {@value #PAUSE_MILLIS_MAX} ms, and halves with each that finds none. It never stops the load: who
 * is away for hours must not keep tables from being loaded for as long.
 *
 * <p>Of one run; not thread-safe.
 */
public final class Pacer {
  /** A follower that is so far behind is a strain. */
  public static final Duration BEHIND_MAX = Duration.ofSeconds(10);

  static final long PAUSE_MILLIS_MIN = 50;
  static final long PAUSE_MILLIS_MAX = 5_000;

  /** The store is slow when a row takes so many times as long as it did at best, ... */
  private static final double SLOWER_MAX = 4;

  /** ... and the chunk longer than that: below it nobody feels it. */
  private static final long CHUNK_NANOS_MIN = 250_000_000;

  /** A chunk that takes longer than that is slow, however it was before. */
  private static final long CHUNK_NANOS_MAX = 2_000_000_000;

  /** A gentle load rests so many times as long as it wrote. */
  private static final int RESTS = 3;

  /** A wait is cut into pieces, so that a run can be stopped meanwhile. */
  private static final long PIECE_MILLIS = 100;

  /** How much a load asks of others. */
  public enum Manner {
    /** As much as there is, until somebody is {@link #BEHIND_MAX} behind. */
    BUSY(BEHIND_MAX),
    /**
     * At most a quarter of the time of one thread, and less as soon as somebody is a second behind:
     * what it writes, people's events queue up with.
     */
    GENTLE(Duration.ofSeconds(1));

    private final Duration behindMax;

    Manner(Duration behindMax) {
      this.behindMax = behindMax;
    }

    /** A follower that is so far behind is a strain. */
    public Duration behindMax() {
      return behindMax;
    }
  }

  /** How time passes. */
  interface Pause {
    void millis(long millis) throws InterruptedException;
  }

  private final Manner manner;
  private final List<Follower> followers;
  private final Consumer<String> slowed;
  private final BooleanSupplier stopping;
  private final LongSupplier nanos;
  private final Pause pause;
  private double rowNanosBest = Double.MAX_VALUE;
  private long pauseMillis;
  private long tookMillis;

  /**
   * @param slowed told the reason when the load is slowed, and an empty text when it no longer is
   * @param stopping ends a wait
   */
  public Pacer(
      Manner manner, List<Follower> followers, Consumer<String> slowed, BooleanSupplier stopping) {
    this(manner, followers, slowed, stopping, System::nanoTime, Thread::sleep);
  }

  Pacer(
      Manner manner,
      List<Follower> followers,
      Consumer<String> slowed,
      BooleanSupplier stopping,
      LongSupplier nanos,
      Pause pause) {
    this.manner = manner;
    this.followers = List.copyOf(followers);
    this.slowed = slowed;
    this.stopping = stopping;
    this.nanos = nanos;
    this.pause = pause;
  }

  /**
   * Writes a chunk and looks at what that cost.
   *
   * @param into what a run calls the place that the chunk goes to, e.g. {@code the store}
   * @param rows in the chunk, at least one
   */
  public void write(String into, int rows, Runnable chunk) {
    long began = nanos.getAsLong();
    chunk.run();
    long took = nanos.getAsLong() - began;
    tookMillis = took / 1_000_000;
    Optional<String> strain = strain(into, rows, took);
    if (strain.isPresent()) {
      pauseMillis = Math.clamp(pauseMillis * 2, PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX);
      slowed.accept(strain.get());
    } else if (pauseMillis > 0) {
      pauseMillis = pauseMillis > PAUSE_MILLIS_MIN ? pauseMillis / 2 : 0;
      if (pauseMillis == 0) {
        slowed.accept("");
      }
    }
  }

  /**
   * Waits before the next chunk, as long as it ought to.
   *
   * @throws IllegalStateException when interrupted
   */
  public void rest() {
    long rest = manner == Manner.GENTLE ? Math.max(pauseMillis, RESTS * tookMillis) : pauseMillis;
    try {
      for (long left = rest; left > 0 && !stopping.getAsBoolean(); left -= PIECE_MILLIS) {
        pause.millis(Math.min(left, PIECE_MILLIS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between chunks; the next run goes on", e);
    }
  }

  private Optional<String> strain(String into, int rows, long took) {
    double row = (double) took / rows;
    boolean slow =
        took > CHUNK_NANOS_MAX || (took > CHUNK_NANOS_MIN && row > rowNanosBest * SLOWER_MAX);
    rowNanosBest = Math.min(rowNanosBest, row);
    for (Follower follower : followers) {
      Duration behind = follower.behind();
      if (behind.compareTo(manner.behindMax) >= 0) {
        return Optional.of(follower.name() + " is " + behind.toSeconds() + " s behind");
      }
    }
    return slow
        ? Optional.of(
            String.format(Locale.ROOT, "%s takes %.1f s for %d rows", into, took / 1e9, rows))
        : Optional.empty();
  }
}
