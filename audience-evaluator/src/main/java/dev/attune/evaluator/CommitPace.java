package dev.attune.evaluator;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When a stream thread asks for a commit. Nobody sees a transition before one, and each takes as
 * long as a hundred records: who commits too often does not keep up, and is late by all that waits.
 * So the pause between commits doubles while records are late, and shrinks slowly while none is.
 *
 * <p>Times are in milliseconds since the epoch; a clock that is set back does not hold it up.
 */
final class CommitPace {
  /** Longest pause of a thread that is far behind; Kafka Streams itself commits as often. */
  static final Duration LONGEST = Duration.ofMillis(500);

  /** How old a record may be when it is read, beyond which its thread hardly keeps up. */
  static final long LATE_MILLIS = 40;

  private static final long BEHIND_MILLIS = 1_000;
  private static final long LATE_PAUSE_MAX = 150;
  private static final long SHRINKING = 5;
  private static final long TICK = ProfileProcessor.TICK.toMillis();

  private long pause = TICK;
  private long asked;
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
    if (!isUncommitted || (now >= asked && now - asked < pause - TICK / 2)) {
      return false;
    }
    if (oldest > BEHIND_MILLIS) {
      pause = LONGEST.toMillis();
    } else if (oldest > LATE_MILLIS) {
      pause = Math.min(2 * pause, LATE_PAUSE_MAX);
    } else {
      pause = Math.max(pause - SHRINKING, TICK);
    }
    isUncommitted = false;
    oldest = 0;
    asked = now;
    return true;
  }

  /** One of each thread: its tasks commit together when one of them asks. */
  static final class OfThreads {
    private final Map<Thread, CommitPace> paces = new ConcurrentHashMap<>();

    /** That of the thread that asks for it. */
    CommitPace mine() {
      return paces.computeIfAbsent(Thread.currentThread(), _ -> new CommitPace());
    }
  }
}
