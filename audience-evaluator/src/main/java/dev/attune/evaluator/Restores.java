package dev.attune.evaluator;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * How long it takes to read states from their changelogs, which is how long a partition stands
 * still when another process takes it over without a copy.
 */
final class Restores implements StateRestoreListener {
  private final Map<TopicPartition, Long> begun = new ConcurrentHashMap<>();
  private final Timer took;
  private final Counter records;

  Restores(MeterRegistry registry) {
    this.took =
        Timer.builder("attune.evaluator.restores")
            .description("Reading one partition's part of a store from its changelog")
            .register(registry);
    this.records = registry.counter("attune.evaluator.restored.records");
  }

  @Override
  public void onRestoreStart(TopicPartition partition, String store, long from, long to) {
    begun.put(partition, System.nanoTime());
  }

  @Override
  public void onBatchRestored(TopicPartition partition, String store, long last, long restored) {
    records.increment((double) restored);
  }

  @Override
  public void onRestoreEnd(TopicPartition partition, String store, long restored) {
    end(partition);
  }

  @Override
  public void onRestoreSuspended(TopicPartition partition, String store, long restored) {
    end(partition);
  }

  private void end(TopicPartition partition) {
    Long since = begun.remove(partition);
    if (since != null) {
      took.record(System.nanoTime() - since, TimeUnit.NANOSECONDS);
    }
  }
}
