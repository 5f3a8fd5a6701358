package dev.attune.load.audience;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Transition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads transitions as soon as they are committed, and remembers who entered what. */
final class TransitionReader implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long MICROS_MAX = 60_000_000;
  private static final int DIGITS = 16;

  private final Consumer<byte[], byte[]> consumer;
  private final Thread thread;
  private final Map<String, Integer> entered = new HashMap<>();
  private final Histogram micros = new Histogram(1, MICROS_MAX, 3);
  private SeenPeople seen = new SeenPeople(0, new long[0]);
  private volatile boolean closing;
  private long told;
  private long unexpected;
  private long measureFrom = Long.MAX_VALUE;
  private String failure = "";

  private TransitionReader(Consumer<byte[], byte[]> consumer) {
    this.consumer = consumer;
    this.thread = Thread.ofPlatform().daemon().name("transitions").start(this::read);
  }

  static TransitionReader start(KafkaSettings kafka) {
    var consumer = KafkaClients.consumer(kafka, "attune-bench-transitions");
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      partitions.add(new TopicPartition(kafka.topics().audienceTransitions(), i));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return new TransitionReader(consumer);
  }

  /** Carries when a change was to be sent through the evaluator. */
  static String traceparent(long dueNanos) {
    return "00-%032x-%016x-01".formatted(1, dueNanos);
  }

  private void read() {
    try {
      while (!closing) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          take(Transition.parseFrom(record.value()), System.nanoTime());
        }
      }
    } catch (InvalidProtocolBufferException | RuntimeException e) {
      synchronized (this) {
        failure = String.valueOf(e);
        notifyAll();
      }
    }
  }

  /** From now on, people who were seen are told to these. */
  synchronized void tell(SeenPeople people) {
    seen = people;
  }

  private synchronized void take(Transition transition, long now) {
    if (transition.getAudience().equals(Shop.SEEN)) {
      seen.take(transition);
      return;
    }
    if (!transition.getEntered()) {
      unexpected++;
      return;
    }
    if (transition.getReason() == Transition.Reason.REASSERTED) {
      return;
    }
    told++;
    entered.merge(key(transition.getProfileId(), transition.getAudience()), 1, Integer::sum);
    String trace = transition.getTraceparent();
    if (!trace.isEmpty()) {
      int at = trace.length() - "-01".length();
      long due = Long.parseUnsignedLong(trace.substring(at - DIGITS, at), 16);
      if (due - measureFrom >= 0) {
        micros.recordValue(Math.clamp((now - due) / 1_000, 1, MICROS_MAX));
      }
    }
    notifyAll();
  }

  private static String key(String profileId, String audience) {
    return profileId + " " + audience;
  }

  /** From now on, what was due at this time or later is measured. */
  synchronized void measureFrom(long nanos) {
    micros.reset();
    measureFrom = nanos;
  }

  synchronized Histogram measured() {
    return micros.copy();
  }

  /**
   * Waits until so many have entered.
   *
   * @throws IllegalStateException when they did not
   */
  synchronized void await(long expected, Duration longest) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (told < expected) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0 || !failure.isEmpty()) {
        throw new IllegalStateException(
            "%d transitions were told and not %d %s".formatted(told, expected, failure));
      }
      wait(left);
    }
  }

  /** How often somebody entered an audience. */
  synchronized int entered(String profileId, String audience) {
    return entered.getOrDefault(key(profileId, audience), 0);
  }

  /** Exits, of which there should be none. */
  synchronized long unexpected() {
    return unexpected;
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    thread.join();
    consumer.close();
  }
}
