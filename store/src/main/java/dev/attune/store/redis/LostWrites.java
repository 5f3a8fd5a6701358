package dev.attune.store.redis;

import java.time.Instant;

/**
 * Acknowledged writes that a server may have lost: it was started again, or a replica has taken its
 * place. Nobody can tell which they were, or that there was none. What the log has of that time has
 * to be written again.
 *
 * @param server who has the keys now
 * @param slots of those keys, such as {@code 0-5460 5462}; {@code all} without a cluster
 * @param since writes that were acknowledged before are safe, as far as the server had said by then
 *     what its replicas have and what is on its disk, by this process' clock and to the second;
 *     {@link Instant#EPOCH} when it had said nothing
 */
public record LostWrites(Cause cause, RedisAddress server, String slots, Instant since) {
  /** What happened to the server. */
  public enum Cause {
    /** Its process is another one: what it had not synced to its disk is gone. */
    RESTARTED,
    /** It was a replica before: what had not come to it is gone. */
    FAILED_OVER
  }
}
