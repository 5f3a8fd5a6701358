package dev.attune.refresher.snapshot;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import org.duckdb.DuckDBPreparedStatement;

/**
 * Looks how far a statement is that runs on another thread, five times a second, until it is
 * closed.
 */
final class QueryWatch implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(200);

  private final DuckDBPreparedStatement statement;
  private final DoubleConsumer share;
  // Not a virtual thread: the call is native, and waits while the statement is prepared.
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("refresh-progress").factory());

  /**
   * @param share is told how much is done, of 1, once anything is
   */
  QueryWatch(DuckDBPreparedStatement statement, DoubleConsumer share) {
    this.statement = statement;
    this.share = share;
    var _ =
        timer.scheduleWithFixedDelay(
            this::look, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      double percent = statement.getQueryProgress().getPercentage();
      if (percent > 0) {
        share.accept(Math.min(percent / 100, 1));
      }
    } catch (SQLException e) {
      // It is not prepared yet, or has ended.
    }
  }

  @Override
  public void close() {
    timer.close();
  }
}
