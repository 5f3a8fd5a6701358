package dev.attune.dispatcher.poison;

import com.google.protobuf.ByteString;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.proto.v1.DeadLetter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** Sets a record aside that cannot be processed, so that those behind it go on. */
public final class Poison {
  private static final Duration WAIT_MAX = Duration.ofSeconds(30);

  private final DeadLetters deadLetters;
  private final InstantSource clock;

  /** Takes what to do with letters. */
  public Poison(DeadLetters deadLetters, InstantSource clock) {
    this.deadLetters = deadLetters;
    this.clock = clock;
  }

  /**
   * Returns once the letter is kept: only then may the record count as read.
   *
   * @param reason one sentence, without personal values
   * @throws IllegalStateException when it cannot be kept; the record will be read again
   */
  public void bury(ProcessingContext context, Record<byte[], byte[]> record, String reason) {
    bury(context, record, reason, "");
  }

  /**
   * The same, for what can be replayed.
   *
   * @param replayTopic where a replay writes key and value; empty for nowhere
   */
  public void bury(
      ProcessingContext context, Record<byte[], byte[]> record, String reason, String replayTopic) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    byte[] value = record.value();
    DeadLetter letter =
        letter(at.topic(), at.partition(), at.offset())
            .setKey(record.key() == null ? ByteString.EMPTY : ByteString.copyFrom(record.key()))
            .setValue(value == null ? ByteString.EMPTY : ByteString.copyFrom(value))
            .setReason(reason)
            .setAtMicros(Clocks.micros(clock))
            .setReplayTopic(replayTopic)
            .build();
    try {
      deadLetters
          .send(letter)
          .toCompletableFuture()
          .get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the dead letter of " + letter.getId() + " was not kept", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a dead letter was kept", e);
    }
  }

  /** A letter of this part about a record, still without its content. */
  public static DeadLetter.Builder letter(String topic, int partition, long offset) {
    return DeadLetter.newBuilder()
        .setId(topic + "-" + partition + "-" + offset)
        .setPart("dispatcher")
        .setTopic(topic)
        .setPartition(partition)
        .setOffset(offset);
  }
}
