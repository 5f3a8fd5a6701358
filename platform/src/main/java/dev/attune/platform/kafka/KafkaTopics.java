package dev.attune.platform.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Sees to it that the topics are there. */
public final class KafkaTopics {
  private KafkaTopics() {}

  /**
   * Creates the topics that are missing, and returns once the leaders of all their partitions
   * serve. A topic that is there stays as it is, whatever its configuration.
   *
   * @throws KafkaUnavailableException when the broker does not do it in time
   */
  public static void ensure(KafkaSettings settings, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<String, Topics.Spec> specs = settings.topics().specs(settings.partitions());
    try (Admin admin = KafkaClients.admin(settings, "attune-topics")) {
      Set<String> present = admin.listTopics().names().get(left(deadline), TimeUnit.NANOSECONDS);
      List<NewTopic> missing = new ArrayList<>();
      specs.forEach(
          (name, spec) -> {
            if (!present.contains(name)) {
              missing.add(
                  new NewTopic(name, spec.partitions(), settings.replication())
                      .configs(spec.config()));
            }
          });
      for (var created : admin.createTopics(missing).values().values()) {
        try {
          created.get(left(deadline), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
          // Another process was faster.
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw e;
          }
        }
      }
      awaitLeaders(admin, specs.keySet(), deadline);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaUnavailableException(
          "the topics could not be created within " + timeout.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while the topics were created", e);
    }
  }

  // A leader that is chosen may not know it yet. Of two batches that meet it then it refuses the
  // first and takes the second, and from there on finds the first out of order until its producer
  // gives up.
  private static void awaitLeaders(Admin admin, Collection<String> topics, long deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    while (true) {
      try {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        admin
            .describeTopics(topics)
            .allTopicNames()
            .get(left(deadline), TimeUnit.NANOSECONDS)
            .forEach(
                (name, topic) ->
                    topic
                        .partitions()
                        .forEach(
                            p ->
                                ends.put(
                                    new TopicPartition(name, p.partition()), OffsetSpec.latest())));
        admin.listOffsets(ends).all().get(left(deadline), TimeUnit.NANOSECONDS);
        return;
      } catch (ExecutionException e) {
        // The admin client itself asks again while there is no leader, but not for ever.
        if (!(e.getCause() instanceof RetriableException) || left(deadline) == 0) {
          throw e;
        }
      }
    }
  }

  private static long left(long deadline) {
    return Math.max(0, deadline - System.nanoTime());
  }
}
