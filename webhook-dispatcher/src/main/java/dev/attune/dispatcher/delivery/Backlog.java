package dev.attune.dispatcher.delivery;

import dev.attune.proto.v1.PendingDelivery;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * How much waits for each webhook, and since when: counted by the owners of the partitions, read by
 * status and metrics.
 */
public final class Backlog {
  /** Ages are known to this many seconds. */
  private static final long STEP_SECONDS = 5;

  private final CopyOnWriteArrayList<OfPartition> partitions = new CopyOnWriteArrayList<>();

  /** Names of the webhooks for which something waits. */
  public Set<String> webhooks() {
    Set<String> webhooks = new TreeSet<>();
    partitions.forEach(partition -> partition.addNamesTo(webhooks));
    return webhooks;
  }

  /** Deliveries that wait for a webhook, those in flight included. */
  public long pending(String webhook) {
    return partitions.stream().mapToLong(partition -> partition.pending(webhook)).sum();
  }

  /** Those of one lane. */
  long pending(String webhook, Urgency urgency) {
    long bulk = partitions.stream().mapToLong(partition -> partition.bulk(webhook)).sum();
    return urgency == Urgency.BULK ? bulk : Math.max(0, pending(webhook) - bulk);
  }

  /**
   * Seconds for which the oldest delivery to a webhook has waited, to within 5 seconds; 0 when none
   * waits.
   */
  public long oldestAgeSeconds(String webhook, long nowMicros) {
    long oldest =
        partitions.stream().mapToLong(p -> p.oldestSeconds(webhook)).min().orElse(Long.MAX_VALUE);
    return oldest == Long.MAX_VALUE
        ? 0
        : Math.max(0, nowMicros / 1_000_000 - oldest - STEP_SECONDS + 1);
  }

  OfPartition open() {
    OfPartition partition = new OfPartition();
    partitions.add(partition);
    return partition;
  }

  void close(OfPartition partition) {
    partitions.remove(partition);
  }

  /** One partition's share. */
  static final class OfPartition {
    private final Map<String, OfWebhook> webhooks = new HashMap<>();

    synchronized void added(PendingDelivery delivery) {
      OfWebhook waiting =
          webhooks.computeIfAbsent(delivery.getDelivery().getWebhook(), _ -> new OfWebhook());
      waiting.count++;
      waiting.bulk += delivery.getDelivery().getBulk() ? 1 : 0;
      waiting.since.merge(step(delivery.getPendingSinceMicros()), 1, Integer::sum);
    }

    synchronized void removed(PendingDelivery delivery) {
      String webhook = delivery.getDelivery().getWebhook();
      OfWebhook waiting = webhooks.get(webhook);
      if (waiting == null) {
        return;
      }
      waiting.count--;
      waiting.bulk -= delivery.getDelivery().getBulk() ? 1 : 0;
      waiting.since.computeIfPresent(
          step(delivery.getPendingSinceMicros()), (_, n) -> n == 1 ? null : n - 1);
      if (waiting.count == 0) {
        webhooks.remove(webhook);
      }
    }

    synchronized long pending(String webhook) {
      OfWebhook waiting = webhooks.get(webhook);
      return waiting == null ? 0 : waiting.count;
    }

    private synchronized long bulk(String webhook) {
      OfWebhook waiting = webhooks.get(webhook);
      return waiting == null ? 0 : waiting.bulk;
    }

    private synchronized long oldestSeconds(String webhook) {
      OfWebhook waiting = webhooks.get(webhook);
      return waiting == null || waiting.since.isEmpty()
          ? Long.MAX_VALUE
          : waiting.since.firstKey() * STEP_SECONDS;
    }

    private synchronized void addNamesTo(Set<String> names) {
      names.addAll(webhooks.keySet());
    }

    private static long step(long micros) {
      return micros / 1_000_000 / STEP_SECONDS;
    }
  }

  private static final class OfWebhook {
    private long count;
    private long bulk;
    // Deliveries by the step in which they began to wait: days of waiting are thousands of entries.
    private final TreeMap<Long, Integer> since = new TreeMap<>();
  }
}
