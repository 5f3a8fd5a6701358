package dev.attune.core.profile;

import dev.attune.proto.v1.Changed;

/**
 * A reader that keeps answers for a while. Every answer that it gives is younger than its bound
 * whether or not it hears of changes; hearing of them makes it sooner.
 */
public interface ProfileCache extends ProfileReader {
  /**
   * A change that the log has, so that the store has had it before. Any order and repetition will
   * do. Cheap: neither waits nor asks the store.
   */
  void changed(Changed change);

  /** How it has done since it was made, and what it holds now. */
  Counts counts();

  /**
   * Figures for a dashboard; each grows but the last two.
   *
   * @param hits answers from what was kept
   * @param misses answers that had to wait for the store, those that were asked to included
   * @param refreshes reads in the background, of what is asked for and soon too old
   * @param rereads reads again because a change was told while the store was asked
   * @param entries kept now
   * @param bytes estimated size of what is kept now
   */
  record Counts(long hits, long misses, long refreshes, long rereads, long entries, long bytes) {}
}
