package dev.attune.platform.kafka;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * When a stream thread asks for a commit. Nobody sees what it writes before one, and each takes as
 * long as a hundred records: who commits too often does not keep up, and is late by all that waits.
 * So the pause between commits doubles while records are late, and shrinks slowly while none is. A
 * thread that is far behind leaves it to the interval of Kafka Streams.
 *
 * <p>Times are in milliseconds since the epoch; a clock that is set back does not hold it up.
 */
public final class CommitPace {
  /**
   * How old a record may be when it is read, beyond which its thread hardly keeps up. By the clocks
   * of its writer and reader: where they differ by more, the pause stays long.
   */
  private static final long LATE_MILLIS = 40;

  private static final long BEHIND_MILLIS = 1_000;
  private static final long LATE_PAUSE_MAX = 150;
  private static final long SHRINKING = 5;

  private final long tick;
  private long pause;
  private long decided;
  private long oldest;
  private boolean isUncommitted;

  private CommitPace(Duration tick) {
    this.tick = tick.toMillis();
    pause = this.tick;
  }

  /** Takes note of a record's age at the moment it is read. */
  public void read(long ageMillis) {
    oldest = Math.max(oldest, ageMillis);
  }

  /** Takes note of something that waits for a commit. */
  public void wrote() {
    isUncommitted = true;
  }

  /** Whether to ask for a commit, which is then taken as asked for. Called at each tick. */
  public boolean isDue(long now) {
    // Ticks come a little early, too.
    if (!isUncommitted || (now >= decided && now - decided < pause - tick / 2)) {
      return false;
    }
    boolean isBehind = oldest > BEHIND_MILLIS;
    pause =
        oldest > LATE_MILLIS
            ? Math.min(2 * pause, LATE_PAUSE_MAX)
            : Math.max(pause - SHRINKING, tick);
    oldest = 0;
    decided = now;
    isUncommitted &= isBehind;
    return !isBehind;
  }

  /** One of each thread: its tasks commit together when one of them asks. */
  public static final class OfThreads {
    private final Duration tick;
    // A thread that failed is replaced, and forgotten here.
    private final Map<Thread, CommitPace> paces = Collections.synchronizedMap(new WeakHashMap<>());

    /**
     * @param tick how often each of them is asked: the shortest pause
     */
    public OfThreads(Duration tick) {
      this.tick = tick;
    }

    /** That of the thread that asks for it. */
    public CommitPace mine() {
      return paces.computeIfAbsent(Thread.currentThread(), _ -> new CommitPace(tick));
    }
  }
}
