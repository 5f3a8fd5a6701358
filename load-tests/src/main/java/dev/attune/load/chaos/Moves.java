package dev.attune.load.chaos;

import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.TopicPartition;

/** Watches which dispatcher has which partition of the deliveries. */
final class Moves implements AutoCloseable {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);
  private static final long LOOK_MILLIS = 300;

  private final Admin admin;
  private final String group;
  private final String topic;
  private final Map<TopicPartition, String> owners = new HashMap<>();
  private final Thread thread;
  private final Queue<Instant> moves = new ConcurrentLinkedQueue<>();

  private Moves(KafkaSettings kafka) {
    admin = KafkaClients.admin(kafka, "attune-bench-moves");
    group = kafka.topics().group("dispatcher");
    topic = kafka.topics().deliveries();
    thread = Thread.ofPlatform().daemon().name("moves").unstarted(this::watch);
  }

  static Moves watch(KafkaSettings kafka) {
    Moves moves = new Moves(kafka);
    moves.thread.start();
    return moves;
  }

  /** When each time a partition was seen to be somebody else's than before. */
  List<Instant> seen() {
    return List.copyOf(moves);
  }

  private void watch() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        look();
      }
    } catch (InterruptedException e) {
      // It is closed.
    }
  }

  private void look() throws InterruptedException {
    try {
      for (MemberDescription member :
          admin
              .describeConsumerGroups(List.of(group))
              .all()
              .get(ASK_MAX.toMillis(), TimeUnit.MILLISECONDS)
              .values()
              .iterator()
              .next()
              .members()) {
        String owner = member.groupInstanceId().orElse(member.consumerId());
        for (TopicPartition partition : member.assignment().topicPartitions()) {
          String before = partition.topic().equals(topic) ? owners.put(partition, owner) : owner;
          if (before != null && !before.equals(owner)) {
            moves.add(Instant.now());
          }
        }
      }
    } catch (ExecutionException | TimeoutException e) {
      // There is no group yet, or its coordinator is busy: it is looked at again.
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    admin.close();
  }
}
