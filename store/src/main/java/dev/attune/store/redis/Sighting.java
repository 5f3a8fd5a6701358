package dev.attune.store.redis;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * What a server said of its history.
 *
 * @param at when it was asked
 * @param master whether it takes writes
 * @param runId of its process
 * @param replicationId of the history that its data is of
 * @param formerId the history that it had as a replica; zeros when it was none
 * @param offset how far the history goes
 * @param replicasOffset how far the replica has come that is furthest behind; -1 without one
 * @param safeOnDisk writes acknowledged before were on its disk by then
 */
record Sighting(
    Instant at,
    boolean master,
    String runId,
    String replicationId,
    String formerId,
    long offset,
    long replicasOffset,
    Instant safeOnDisk) {
  static final List<String> SECTIONS = List.of("server", "replication", "persistence");

  /** An append-only file is synced every second, or the second after under load. */
  private static final Duration SYNC_MAX = Duration.ofSeconds(2);

  static Sighting of(ServerInfo info, Instant at) {
    return new Sighting(
        at,
        info.text("role").equals("master"),
        info.text("run_id"),
        info.text("master_replid"),
        info.text("master_replid2"),
        info.number("master_repl_offset", 0),
        replicasOffset(info),
        info.text("aof_enabled").equals("1")
            ? at.minus(SYNC_MAX)
            : Instant.ofEpochSecond(info.number("rdb_last_save_time", 0)));
  }

  /** From lines such as {@code slave0:ip=10.0.0.7,port=6379,state=online,offset=123,lag=1}. */
  private static long replicasOffset(ServerInfo info) {
    return info.fields().entrySet().stream()
        .filter(field -> field.getKey().matches("slave\\d+"))
        .flatMap(field -> Arrays.stream(field.getValue().split(",", -1)))
        .filter(part -> part.matches("offset=\\d{1,18}"))
        .mapToLong(part -> Long.parseLong(part.substring("offset=".length())))
        .min()
        .orElse(-1);
  }

  /**
   * Whether nothing can have been lost on the way to a later one of the same server. A master also
   * begins a new history when its last replica has been away for an hour, or the first one comes;
   * then it was no replica before.
   */
  boolean goesOnAs(Sighting later) {
    return later.runId.equals(runId)
        && (later.replicationId.equals(replicationId) || !later.wasReplica());
  }

  /** Whether it took over from the one with an earlier sighting. */
  boolean tookOverFrom(Sighting earlier) {
    return formerId.equals(earlier.replicationId);
  }

  /** Whether it is the same server with a new process. */
  boolean restartedSince(Sighting earlier) {
    return !runId.equals(earlier.runId) && !tookOverFrom(earlier);
  }

  private boolean wasReplica() {
    return !formerId.matches("0*");
  }
}
