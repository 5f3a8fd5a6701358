package dev.attune.platform.kafka;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/** A producer's sends as completion stages. */
public final class KafkaSends {
  private KafkaSends() {}

  /**
   * Completes with where the record stands once the log has it for good; every failure arrives
   * through the stage.
   */
  public static CompletionStage<RecordMetadata> send(
      Producer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<RecordMetadata> done = new CompletableFuture<>();
    try {
      var _ =
          producer.send(
              record,
              (where, error) -> {
                if (error == null) {
                  done.complete(where);
                } else {
                  done.completeExceptionally(error);
                }
              });
    } catch (KafkaException | IllegalStateException e) {
      done.completeExceptionally(e);
    }
    return done;
  }
}
