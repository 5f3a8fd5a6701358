package dev.attune.refresher.log;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Reads one partition's part of a span from its first record to its last. */
public final class LogReader {
  /** Most records in one batch; each is at most 1 MB, and a fetch at most 2 MB. */
  private static final int BATCH_MAX = 1_000;

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration SILENCE_MAX = Duration.ofMinutes(1);

  /** What is done with a batch. */
  public interface Batches {
    void take(List<ConsumerRecord<byte[], byte[]>> batch) throws InterruptedException;
  }

  private final KafkaSettings settings;
  private final BooleanSupplier stopped;

  /**
   * @param stopped ends the reading
   */
  public LogReader(KafkaSettings settings, BooleanSupplier stopped) {
    this.settings = settings;
    this.stopped = stopped;
  }

  /**
   * Reads, and returns at the end, or when it is stopped.
   *
   * @param progress hears how many offsets of the range are passed
   * @throws KafkaUnavailableException when nothing comes for a minute
   */
  public void read(
      TopicPartition partition, LogSpan.Range range, Batches batches, LongConsumer progress)
      throws InterruptedException {
    try (Consumer<byte[], byte[]> consumer = consumer(partition)) {
      consumer.assign(List.of(partition));
      consumer.seek(partition, range.from());
      long position = range.from();
      long heardNanos = System.nanoTime();
      while (position < range.to() && !stopped.getAsBoolean()) {
        List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.offset() < range.to()) {
            batch.add(record);
          }
        }
        if (!batch.isEmpty()) {
          batches.take(batch);
        }
        // Behind what compaction left out, too.
        long now = consumer.position(partition);
        if (now != position) {
          position = now;
          heardNanos = System.nanoTime();
          progress.accept(Math.min(position, range.to()) - range.from());
        } else if (System.nanoTime() - heardNanos > SILENCE_MAX.toNanos()) {
          throw new KafkaUnavailableException(
              "the log did not go on within " + SILENCE_MAX.toSeconds() + " s");
        }
      }
    }
  }

  private Consumer<byte[], byte[]> consumer(TopicPartition partition) {
    var properties = KafkaClients.consumerProperties(settings, "log-" + partition.partition());
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, BATCH_MAX);
    return new KafkaConsumer<>(properties);
  }
}
