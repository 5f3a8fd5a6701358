package dev.attune.evaluator;

import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * When a stream thread asks for a commit. Nobody sees a transition before one, and each takes as
 * long as a hundred records: who commits too often does not keep up, and is late by all that waits.
 * So the pause between commits doubles while records are late, and shrinks slowly while none is.
 *
 * <p>Times are in milliseconds since the epoch; a clock that is set back does not hold it up.
 */
final class CommitPace {
  /** Kafka Streams commits as often by itself: enough for a thread that is far behind. */
  static final Duration INTERVAL = Duration.ofMillis(500);

  /**
   * How old a record may be when it is read, beyond which its thread hardly keeps up. By the clocks
   * of refresher and evaluator: where they differ by more, the pause stays long.
   */
  private static final long LATE_MILLIS = 40;

  private static final long BEHIND_MILLIS = 1_000;
  private static final long LATE_PAUSE_MAX = 150;
  private static final long SHRINKING = 5;
  private static final long TICK = ProfileProcessor.TICK.toMillis();

  private long pause = TICK;
  private long decided;
  private long oldest;
  private boolean isUncommitted;

  private CommitPace() {}

  /** Takes note of a record's age at the moment it is read. */
  void read(long ageMillis) {
    oldest = Math.max(oldest, ageMillis);
  }

  /** Takes note of something that waits for a commit. */
  void wrote() {
    isUncommitted = true;
  }

  /** Whether to ask for a commit, which is then taken as asked for. Called at each tick. */
  boolean isDue(long now) {
    // Ticks come a little early, too.
    if (!isUncommitted || (now >= decided && now - decided < pause - TICK / 2)) {
      return false;
    }
    boolean isBehind = oldest > BEHIND_MILLIS;
    pause =
        oldest > LATE_MILLIS
            ? Math.min(2 * pause, LATE_PAUSE_MAX)
            : Math.max(pause - SHRINKING, TICK);
    oldest = 0;
    decided = now;
    isUncommitted &= isBehind;
    return !isBehind;
  }

  /** One of each thread: its tasks commit together when one of them asks. */
  static final class OfThreads {
    // A thread that failed is replaced, and forgotten here.
    private final Map<Thread, CommitPace> paces = Collections.synchronizedMap(new WeakHashMap<>());

    /** That of the thread that asks for it. */
    CommitPace mine() {
      return paces.computeIfAbsent(Thread.currentThread(), _ -> new CommitPace());
    }
  }
}
