package dev.attune.platform.kafka;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * When a stream thread asks for a commit. Nobody sees what it writes before one, and each takes as
 * long as a hundred records: who commits too often does not keep up, and is late by all that waits.
 * So the later the records are when they are read, the longer is the pause between commits: it
 * grows with what waits, and is short again as soon as that is worked off. A thread that is far
 * behind leaves it to the interval of Kafka Streams.
 *
 * <p>Times are in milliseconds since the epoch; a clock that is set back does not hold it up.
 */
public final class CommitPace {
  private static final long BEHIND_MILLIS = 1_000;
  private static final long PAUSE_MAX = 150;

  /**
   * How much older than the pause the oldest record is when it is read. By the clocks of its writer
   * and reader: where they differ, the pause is longer than it might be.
   */
  private static final long AGES_PER_PAUSE = 2;

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
    pause = Math.clamp(oldest / AGES_PER_PAUSE, tick, PAUSE_MAX);
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
