package dev.attune.load.webhook;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes transitions as the evaluator would. Each profile is told to one endpoint, by the audience
 * that it is about; its transitions are numbered, from 1.
 */
final class TransitionSender implements AutoCloseable {
  // So many that a body has 1 KB.
  private static final int EVIDENCE = 10;
  private static final String EVENT = "0123456789abcdef".repeat(5);

  private final KafkaSettings kafka;
  private final Producer<byte[], byte[]> producer;
  private final int endpoints;
  private final int people;
  private long sent;

  /**
   * @param people who take turns
   */
  TransitionSender(KafkaSettings kafka, int endpoints, int people) {
    this.kafka = kafka;
    this.producer = KafkaClients.producer(kafka, "attune-bench-transitions");
    this.endpoints = endpoints;
    this.people = people;
  }

  static String audience(int endpoint) {
    return "those-who-belong-to-number-" + endpoint;
  }

  /** How many were sent to all endpoints together. */
  long sent() {
    return sent;
  }

  /** So many, as fast as the log takes them. */
  void asFastAsItCan(int count) {
    for (int i = 0; i < count; i++) {
      send(micros());
    }
    producer.flush();
  }

  /** At a steady rate a second; each says when it was due. */
  void atRate(int rate, Duration duration) {
    long begin = System.nanoTime();
    long beginMicros = micros();
    long count = rate * duration.toSeconds();
    for (long i = 0; i < count; i++) {
      long after = i * 1_000_000_000L / rate;
      for (long left = begin + after - System.nanoTime();
          left > 0;
          left = begin + after - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      send(beginMicros + after / 1_000);
    }
    producer.flush();
  }

  private void send(long dueMicros) {
    int person = (int) (sent % people);
    long number = sent / people + 1;
    sent++;
    Transition.Builder transition =
        Transition.newBuilder()
            .setProfileId("%032x".formatted(person))
            .setAudience(audience(person % endpoints))
            .setEntered(number % 2 == 1)
            .setAtMicros(dueMicros)
            .setGeneration(1)
            .setVersion(number)
            // The one field of a body that counts.
            .setDefinitionVersion(number)
            .setReason(Transition.Reason.CHANGE);
    for (int i = 0; i < EVIDENCE; i++) {
      transition.addEvidence(EVENT);
    }
    byte[] key = transition.getProfileId().getBytes(StandardCharsets.UTF_8);
    var _ =
        producer.send(
            new ProducerRecord<>(
                kafka.topics().audienceTransitions(), key, transition.build().toByteArray()));
  }

  static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  @Override
  public void close() {
    producer.close();
  }
}
