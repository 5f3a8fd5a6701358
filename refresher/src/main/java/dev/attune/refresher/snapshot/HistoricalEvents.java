package dev.attune.refresher.snapshot;

import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The log, as an events model writes to it. */
public interface HistoricalEvents {
  /**
   * Appends a track event of the Segment spec, marked as historical; completes once the log has it
   * for good.
   *
   * @param key the user id
   */
  CompletionStage<?> send(String key, byte[] segmentJson);

  /**
   * Appends a clock record to every partition: a job on the events' time takes it for now.
   * Completes once the log has all of them.
   */
  CompletionStage<?> tick(Instant time);
}
