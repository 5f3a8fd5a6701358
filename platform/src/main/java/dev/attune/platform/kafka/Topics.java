package dev.attune.platform.kafka;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The topics of one workspace, or of one job inside it.
 *
 * @param prefix stands in every topic's name and consumer group, e.g. {@code attune}
 */
public record Topics(String prefix) {
  public Topics {
    if (!prefix.matches("[a-z0-9][a-z0-9.-]{0,63}")) {
      throw new IllegalArgumentException(
          "topic prefix \"" + prefix + "\" (allowed: a-z, 0-9, . and -, at most 64)");
    }
  }

  /** Segment-spec events as received. */
  public String events() {
    return prefix + ".events";
  }

  /** Records with their causes, and watermarks. */
  public String profileChanges() {
    return prefix + ".profile-changes";
  }

  /** Entered and exited. */
  public String audienceTransitions() {
    return prefix + ".audience-transitions";
  }

  /** The evaluator's state on its way from a merged profile to its winner. */
  public String evaluatorMoves() {
    return prefix + ".evaluator-moves";
  }

  /** Definitions, one partition, so that a set is seen whole. */
  public String definitions() {
    return prefix + ".definitions";
  }

  /** Rendered deliveries. */
  public String deliveries() {
    return prefix + ".deliveries";
  }

  /** Ended attempts. */
  public String attempts() {
    return prefix + ".attempts";
  }

  /** What could not be processed. */
  public String deadLetters() {
    return prefix + ".dead-letters";
  }

  /** Whether a topic is one of these, or of what Kafka Streams makes beside them. */
  public boolean owns(String topic) {
    return topic.startsWith(prefix + ".");
  }

  /** A consumer group or Streams application id of this workspace. */
  public String group(String name) {
    return prefix + "." + name;
  }

  /** The evaluator's application id; how far it is in {@link #profileChanges} concerns others. */
  public String evaluatorGroup() {
    return group("evaluator");
  }

  /**
   * Every topic with what it needs: partitions and topic configuration.
   *
   * @param partitions of those that are spread by key
   */
  public Map<String, Spec> specs(int partitions) {
    String day = String.valueOf(86_400_000L);
    String week = String.valueOf(7 * 86_400_000L);
    String month = String.valueOf(30 * 86_400_000L);
    Map<String, Spec> specs = new LinkedHashMap<>();
    // The broker's append time is the receive stamp: no producer's clock is believed.
    specs.put(
        events(),
        new Spec(
            partitions, Map.of("retention.ms", week, "message.timestamp.type", "LogAppendTime")));
    specs.put(
        profileChanges(),
        new Spec(partitions, Map.of("cleanup.policy", "compact", "min.compaction.lag.ms", week)));
    specs.put(audienceTransitions(), new Spec(partitions, Map.of("retention.ms", month)));
    specs.put(evaluatorMoves(), new Spec(partitions, Map.of("retention.ms", week)));
    specs.put(definitions(), new Spec(1, Map.of("cleanup.policy", "compact")));
    specs.put(deliveries(), new Spec(partitions, Map.of("retention.ms", week)));
    specs.put(
        attempts(),
        new Spec(partitions, Map.of("retention.ms", String.valueOf(14 * Long.parseLong(day)))));
    specs.put(deadLetters(), new Spec(1, Map.of("retention.ms", month)));
    return specs;
  }

  /** What a topic is created with. */
  public record Spec(int partitions, Map<String, String> config) {
    public Spec {
      config = Map.copyOf(config);
    }
  }
}
