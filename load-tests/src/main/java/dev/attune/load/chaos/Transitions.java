package dev.attune.load.chaos;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Transition;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Writes transitions of random people as the evaluator would, until it is stopped. Those of a
 * person are numbered, from 1.
 */
final class Transitions implements AutoCloseable {
  static final String AUDIENCE = "those-who-belong";

  private static final Duration PAUSE_MAX = Duration.ofMillis(600);

  private final KafkaSettings kafka;
  private final Producer<byte[], byte[]> producer;
  private final Random random;
  private final int[] written;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final Thread thread;
  private volatile boolean stopped;

  private Transitions(KafkaSettings kafka, Random random, int people) {
    this.kafka = kafka;
    this.random = random;
    producer = KafkaClients.producer(kafka, "attune-bench-chaos");
    written = new int[people];
    thread = Thread.ofPlatform().daemon().name("transitions").unstarted(this::write);
  }

  /** Begins. */
  static Transitions start(KafkaSettings kafka, Random random, int people) {
    Transitions transitions = new Transitions(kafka, random, people);
    transitions.thread.start();
    return transitions;
  }

  /**
   * Writes no more, and returns how many there are of each person.
   *
   * @throws IllegalStateException when one could not be written
   */
  List<Integer> stop() throws InterruptedException {
    stopped = true;
    thread.join();
    producer.flush();
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("a transition could not be written", failed);
    }
    return Arrays.stream(written).boxed().toList();
  }

  private void write() {
    while (!stopped) {
      write(random.nextInt(written.length));
      LockSupport.parkNanos(random.nextLong(PAUSE_MAX.toNanos()));
    }
  }

  private void write(int person) {
    int number = ++written[person];
    Transition transition =
        Transition.newBuilder()
            .setProfileId(People.id(person))
            .setAudience(AUDIENCE)
            .setEntered(number % 2 == 1)
            .setAtMicros(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()))
            .setGeneration(1)
            .setVersion(number)
            // The one field of a body that counts.
            .setDefinitionVersion(number)
            .setReason(Transition.Reason.CHANGE)
            .build();
    var _ =
        producer.send(
            new ProducerRecord<>(
                kafka.topics().audienceTransitions(),
                transition.getProfileId().getBytes(StandardCharsets.UTF_8),
                transition.toByteArray()),
            (_, error) -> {
              if (error != null) {
                failure.set(error);
              }
            });
  }

  @Override
  public void close() {
    stopped = true;
    producer.close();
  }
}
