package dev.attune.evaluator;

import dev.attune.proto.v1.Watermark;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What time it is for one partition of the changes: at most the least watermark over all partitions
 * of the events, and not known before each of them has been seen. Never goes back.
 */
final class EvaluatorClock {
  private static final String PREFIX = "watermark/";

  private final EvaluatorConfig.Clock mode;
  private final InstantSource wall;
  private final KeyValueStore<String, byte[]> meta;
  private final Map<Integer, Long> watermarks = new TreeMap<>();
  private int partitions = Integer.MAX_VALUE;
  private long last = Now.UNKNOWN;

  EvaluatorClock(
      EvaluatorConfig.Clock mode, InstantSource wall, KeyValueStore<String, byte[]> meta) {
    this.mode = mode;
    this.wall = wall;
    this.meta = meta;
    try (var stored = meta.range(PREFIX, PREFIX + "~")) {
      stored.forEachRemaining(
          entry -> {
            ByteBuffer value = ByteBuffer.wrap(entry.value);
            partitions = value.getInt();
            watermarks.put(Integer.parseInt(entry.key.substring(PREFIX.length())), value.getLong());
          });
    }
  }

  /** Takes in a watermark; false when it says nothing new. */
  boolean advance(Watermark watermark) {
    int partition = watermark.getEventsPartition();
    if (watermark.getEventsPartitions() <= 0
        || partition < 0
        || partition >= watermark.getEventsPartitions()
        || watermark.getTimeMicros() <= 0) {
      throw new IllegalArgumentException(
          "watermark: partition " + partition + " of " + watermark.getEventsPartitions());
    }
    if (watermarks.getOrDefault(partition, 0L) >= watermark.getTimeMicros()
        && partitions == watermark.getEventsPartitions()) {
      return false;
    }
    long time = Math.max(watermark.getTimeMicros(), watermarks.getOrDefault(partition, 0L));
    partitions = watermark.getEventsPartitions();
    watermarks.put(partition, time);
    meta.put(PREFIX + partition, ByteBuffer.allocate(12).putInt(partitions).putLong(time).array());
    return true;
  }

  /** The clock now. */
  Now now() {
    Instant instant = wall.instant();
    long wallMicros = ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    boolean onTicks = mode == EvaluatorConfig.Clock.TICKS;
    long least = least();
    if (least != Now.UNKNOWN) {
      last = Math.max(last, onTicks ? least : Math.min(wallMicros, least));
    }
    return new Now(last, wallMicros, onTicks);
  }

  /** The least watermark in microseconds, {@link Now#UNKNOWN} before every partition has one. */
  long least() {
    if (watermarks.size() < partitions) {
      return Now.UNKNOWN;
    }
    long least = Long.MAX_VALUE;
    for (var watermark : watermarks.entrySet()) {
      if (watermark.getKey() < partitions) {
        least = Math.min(least, watermark.getValue());
      }
    }
    return least;
  }
}
