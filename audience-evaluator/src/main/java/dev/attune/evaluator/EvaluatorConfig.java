package dev.attune.evaluator;

import dev.attune.platform.kafka.CommitPace;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How the evaluator runs.
 *
 * @param stateDirectory where its stores lie; kept over restarts, they are filled again from their
 *     changelogs when it is lost
 * @param clock what "now" is
 * @param threads 1 to 64; more than partitions are idle
 * @param commitInterval 5 ms to 10 s: a transition is visible after the next commit, which comes
 *     after this time at the latest, and as soon as {@link CommitPace} has it unless a thread is
 *     far behind
 * @param instanceId names this process in its consumer group, so that a restart after a kill takes
 *     its place at once instead of waiting until the group misses it; unique among the processes of
 *     a workspace, empty for none
 * @param awaitsHistory whether a refresher tells events of the past to audiences that need them, so
 *     that nobody enters or leaves before it has
 * @param standbys 0 to 3 copies of each state that other processes keep up to date, so that one of
 *     them takes over at once; without any, whoever takes over reads the changelog first
 */
public record EvaluatorConfig(
    Path stateDirectory,
    Clock clock,
    int threads,
    Duration commitInterval,
    String instanceId,
    boolean awaitsHistory,
    int standbys) {
  private static final Duration COMMIT_INTERVAL = Duration.ofMillis(500);

  /** What decides about time. */
  public enum Clock {
    /**
     * The wall clock, but never ahead of what has been read: the least watermark over the
     * partitions of the events. While the pipeline lags, nobody leaves because their events have
     * not arrived.
     */
    WALL,
    /** The least watermark alone: a job that runs on the time of its events. */
    TICKS
  }

  public EvaluatorConfig {
    if (threads < 1 || threads > 64) {
      throw new IllegalArgumentException("threads: " + threads + " (allowed: 1-64)");
    }
    if (commitInterval.toMillis() < 5 || commitInterval.toMillis() > 10_000) {
      throw new IllegalArgumentException(
          "commitInterval: " + commitInterval.toMillis() + " ms (allowed: 5-10000)");
    }
    if (standbys < 0 || standbys > 3) {
      throw new IllegalArgumentException("standbys: " + standbys + " (allowed: 0-3)");
    }
    if (!instanceId.matches("[a-z0-9.-]{0,64}")) {
      throw new IllegalArgumentException("instanceId: (allowed: a-z, 0-9, . and -, at most 64)");
    }
  }

  /** One thread on the wall clock, a commit every half second at the latest. */
  public static EvaluatorConfig of(Path stateDirectory) {
    return new EvaluatorConfig(stateDirectory, Clock.WALL, 1, COMMIT_INTERVAL, "", false, 0);
  }

  public EvaluatorConfig withClock(Clock clock) {
    return new EvaluatorConfig(
        stateDirectory, clock, threads, commitInterval, instanceId, awaitsHistory, standbys);
  }

  public EvaluatorConfig withInstanceId(String instanceId) {
    return new EvaluatorConfig(
        stateDirectory, clock, threads, commitInterval, instanceId, awaitsHistory, standbys);
  }

  /** The same beside a refresher that tells of the past. */
  public EvaluatorConfig withHistory() {
    return new EvaluatorConfig(
        stateDirectory, clock, threads, commitInterval, instanceId, true, standbys);
  }

  /** The same with copies of its states in other processes. */
  public EvaluatorConfig withStandbys(int standbys) {
    return new EvaluatorConfig(
        stateDirectory, clock, threads, commitInterval, instanceId, awaitsHistory, standbys);
  }
}
