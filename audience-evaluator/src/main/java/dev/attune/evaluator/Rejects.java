package dev.attune.evaluator;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.proto.v1.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what cannot be taken to the dead letters, and waits until it is kept: the offset passes it
 * then.
 */
final class Rejects {
  private static final Logger LOG = LoggerFactory.getLogger(Rejects.class);
  private static final Duration WAIT_MAX = Duration.ofSeconds(10);

  private final DeadLetters deadLetters;
  private final InstantSource wall;
  private final EvaluatorMetrics metrics;

  Rejects(DeadLetters deadLetters, InstantSource wall, EvaluatorMetrics metrics) {
    this.deadLetters = deadLetters;
    this.wall = wall;
    this.metrics = metrics;
  }

  /** A record. */
  void take(Record<String, byte[]> record, Optional<RecordMetadata> place, Exception problem) {
    String topic = place.map(RecordMetadata::topic).orElse("");
    int partition = place.map(RecordMetadata::partition).orElse(0);
    long offset = place.map(RecordMetadata::offset).orElse(0L);
    send(
        letter(topic + "-" + partition + "-" + offset, record.key(), problem)
            .setTopic(topic)
            .setPartition(partition)
            .setOffset(offset)
            .setValue(ByteString.copyFrom(record.value()))
            // No replay topic: a change that is written again would become the newest of its key in
            // a compacted topic, over records that came after it.
            .build());
  }

  /** A stored state that cannot be decided. */
  void take(String profileId, Exception problem) {
    send(letter("evaluator-state-" + profileId, profileId, problem).build());
  }

  private DeadLetter.Builder letter(String id, String key, Exception problem) {
    return DeadLetter.newBuilder()
        .setId(id)
        .setPart("evaluator")
        .setKey(ByteString.copyFrom(key, StandardCharsets.UTF_8))
        .setReason(reason(problem))
        .setAttempts(1)
        .setAtMicros(wall.millis() * 1_000);
  }

  // Only messages that are ours: a parser's may quote what it read.
  private static String reason(Exception problem) {
    return switch (problem) {
      case InvalidProtocolBufferException _ -> "the bytes are not a message of this topic";
      case IllegalArgumentException ours -> String.valueOf(ours.getMessage());
      default -> "the evaluator failed on it: " + problem.getClass().getSimpleName();
    };
  }

  private void send(DeadLetter letter) {
    metrics.rejected();
    LOG.warn("{} goes to the dead letters: {}", letter.getId(), letter.getReason());
    try {
      deadLetters
          .send(letter)
          .toCompletableFuture()
          .get(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // Not passed over: the record comes again.
      throw new StreamsException("the dead letters did not take a letter", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StreamsException("interrupted while sending a dead letter", e);
    }
  }
}
