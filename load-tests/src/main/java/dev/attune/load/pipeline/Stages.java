package dev.attune.load.pipeline;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * How far each reader of the log is. A stage is through with what was there at a moment once it has
 * committed the ends that its topic had then.
 */
public final class Stages implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final long ANSWER_SECONDS_MAX = 10;

  private final KafkaSettings kafka;
  private final Admin admin;

  /** Of a running system's topics. */
  public Stages(KafkaSettings kafka) {
    this.kafka = kafka;
    this.admin = KafkaClients.admin(kafka, "attune-bench");
  }

  /**
   * Waits until all that is in the events now has been written into profiles.
   *
   * @throws IllegalStateException when it is not in time
   */
  public void awaitWritten(Duration timeout) throws InterruptedException {
    await("refresher", ends(kafka.topics().events()), System.nanoTime() + timeout.toNanos());
  }

  /**
   * Waits until all that is in the events now has been written into profiles, and until evaluator
   * and dispatcher have taken in the changes that came of it.
   *
   * @throws IllegalStateException when a stage is not through in time; says which
   */
  public void awaitThrough(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    await("refresher", ends(kafka.topics().events()), deadline);
    // No transactions in this topic: its end is what a reader commits.
    Map<TopicPartition, Long> changes = ends(kafka.topics().profileChanges());
    for (String group : List.of("evaluator", "dispatcher")) {
      await(group, changes, deadline);
    }
  }

  private void await(String name, Map<TopicPartition, Long> ends, long deadline)
      throws InterruptedException {
    while (true) {
      long behind = behind(kafka.topics().group(name), ends);
      if (behind == 0) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the " + name + " is not through in time (" + behind + " records behind)");
      }
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    }
  }

  private long behind(String group, Map<TopicPartition, Long> ends) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    long behind = 0;
    for (var end : ends.entrySet()) {
      OffsetAndMetadata at = committed.get(end.getKey());
      behind += Math.max(0, end.getValue() - (at == null ? 0 : at.offset()));
    }
    return behind;
  }

  private Map<TopicPartition, Long> ends(String topic) throws InterruptedException {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int i = 0; i < kafka.partitions(); i++) {
      asked.put(new TopicPartition(topic, i), OffsetSpec.latest());
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    get(admin.listOffsets(asked).all()).forEach((at, end) -> ends.put(at, end.offset()));
    return ends;
  }

  private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
    try {
      return future.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the broker did not say how far the groups are", e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
  }
}
