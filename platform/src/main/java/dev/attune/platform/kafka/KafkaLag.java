package dev.attune.platform.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** How far a consumer group is behind. */
public final class KafkaLag {
  private KafkaLag() {}

  /**
   * Records per partition that the group has not committed yet, of the partitions it has ever
   * committed. A partition that it never committed is not in the answer: for a group that has not
   * begun it is empty, as if there were nothing to read, so first wait for what only the group's
   * work brings about. In topics with transactions the markers count too, so that a small number
   * that does not move may mean "caught up".
   *
   * @throws KafkaUnavailableException when the broker does not answer in time
   */
  public static Map<TopicPartition, Long> of(Admin admin, String group, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin
              .listConsumerGroupOffsets(group)
              .partitionsToOffsetAndMetadata()
              .get(left(deadline), TimeUnit.NANOSECONDS);
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      committed.forEach(
          (partition, offset) -> {
            if (offset != null) {
              asked.put(partition, OffsetSpec.latest());
            }
          });
      var ends =
          admin
              .listOffsets(asked, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
              .all()
              .get(left(deadline), TimeUnit.NANOSECONDS);
      Map<TopicPartition, Long> lag = new HashMap<>();
      ends.forEach(
          (partition, end) -> {
            OffsetAndMetadata at = committed.get(partition);
            if (at != null) {
              lag.put(partition, Math.max(0, end.offset() - at.offset()));
            }
          });
      return lag;
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaUnavailableException("the lag of group " + group + " is not known", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while asking for the lag", e);
    }
  }

  /** All partitions of {@link #of} together: 0 also for a group that never committed. */
  public static long total(Admin admin, String group, Duration timeout) {
    return of(admin, group, timeout).values().stream().mapToLong(Long::longValue).sum();
  }

  private static long left(long deadline) {
    return Math.max(0, deadline - System.nanoTime());
  }
}
