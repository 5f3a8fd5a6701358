package dev.attune.refresher.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;

/** How much of a stream was handled, since this process started. */
final class StreamProgress {
  private final Counter records;
  private final Counter rejected;
  private volatile Instant newest = Instant.EPOCH;

  StreamProgress(String stream, MeterRegistry meters) {
    records =
        Counter.builder("attune.streams.records")
            .description("Records of users' own topics that were read, with those rejected")
            .tag("stream", stream)
            .register(meters);
    rejected =
        Counter.builder("attune.streams.rejected")
            .description("Records of users' own topics that went to dead letters")
            .tag("stream", stream)
            .register(meters);
  }

  /**
   * A batch was handled.
   *
   * @param newestRecord its newest timestamp
   */
  void handled(int batch, int rejectedOfThem, Instant newestRecord) {
    records.increment(batch);
    rejected.increment(rejectedOfThem);
    newest = newestRecord;
  }

  /** The timestamp of the newest record of the last batch; the epoch when there was none. */
  Instant newest() {
    return newest;
  }

  long deadLetters() {
    return (long) rejected.count();
  }
}
