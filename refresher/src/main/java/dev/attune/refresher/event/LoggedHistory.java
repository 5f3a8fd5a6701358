package dev.attune.refresher.event;

import dev.attune.refresher.snapshot.HistoricalEvents;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** The events of an events model, on the log that live events take. */
public final class LoggedHistory implements HistoricalEvents {
  private final EventLog log;

  public LoggedHistory(EventLog log) {
    this.log = log;
  }

  @Override
  public CompletionStage<?> send(String key, byte[] segmentJson) {
    return log.appendHistorical(key, segmentJson);
  }

  @Override
  public CompletionStage<?> tick(Instant time) {
    return log.tick(time);
  }
}
