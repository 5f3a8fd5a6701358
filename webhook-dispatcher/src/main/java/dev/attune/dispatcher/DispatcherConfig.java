package dev.attune.dispatcher;

import dev.attune.core.webhook.FlipLimit;
import dev.attune.dispatcher.delivery.RetrySchedule;
import dev.attune.dispatcher.send.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How the dispatcher works.
 *
 * @param stateDirectory of its stores; can be rebuilt from Kafka, but keeping it makes restarts
 *     quick. One process uses it at a time
 * @param version of Attune, which endpoints see in the User-Agent
 * @param allow addresses that webhooks may reach although they are not public, or by plain http:
 *     {@code host:port} or a network such as {@code 10.1.0.0/16}
 * @param proxy that all attempts go through, if there is one
 * @param threads that process records, 1 to 16; attempts run beside them
 * @param attemptsMax attempts at once, over all webhooks; one each webhook may have beyond
 * @param attemptsPerWebhookMax attempts at once to one webhook, whatever its definition says
 * @param pendingMax deliveries that wait per webhook and partition; those beyond are dead letters
 * @param commitInterval between transactions: every event waits for one or two of them
 * @param retries when a failed delivery is tried again
 * @param holdAbove when webhooks are held whose definition does not say
 */
public record DispatcherConfig(
    Path stateDirectory,
    String version,
    List<String> allow,
    Optional<Proxy> proxy,
    int threads,
    int attemptsMax,
    int attemptsPerWebhookMax,
    long pendingMax,
    Duration commitInterval,
    RetrySchedule retries,
    FlipLimit holdAbove) {
  public DispatcherConfig {
    allow = List.copyOf(allow);
    within("threads", threads, 1, 16);
    within("attemptsMax", attemptsMax, 1, 4_096);
    within("attemptsPerWebhookMax", attemptsPerWebhookMax, 1, attemptsMax);
    within("pendingMax", pendingMax, 1, 100_000_000);
    within("commitInterval in ms", commitInterval.toMillis(), 5, 10_000);
  }

  /** Defaults for what has one; nothing but the public internet is reached. */
  public static DispatcherConfig of(Path stateDirectory, String version) {
    return new DispatcherConfig(
        stateDirectory,
        version,
        List.of(),
        Optional.empty(),
        1,
        128,
        128,
        1_000_000,
        Duration.ofMillis(100),
        RetrySchedule.DEFAULT,
        FlipLimit.DEFAULT);
  }

  /** The same, with addresses that may be reached. */
  public DispatcherConfig withAllow(List<String> allow) {
    return new DispatcherConfig(
        stateDirectory,
        version,
        allow,
        proxy,
        threads,
        attemptsMax,
        attemptsPerWebhookMax,
        pendingMax,
        commitInterval,
        retries,
        holdAbove);
  }

  /** The same, through a proxy or none. */
  public DispatcherConfig withProxy(Optional<Proxy> proxy) {
    return new DispatcherConfig(
        stateDirectory,
        version,
        allow,
        proxy,
        threads,
        attemptsMax,
        attemptsPerWebhookMax,
        pendingMax,
        commitInterval,
        retries,
        holdAbove);
  }

  /** The same, with another schedule. */
  public DispatcherConfig withRetries(RetrySchedule retries) {
    return new DispatcherConfig(
        stateDirectory,
        version,
        allow,
        proxy,
        threads,
        attemptsMax,
        attemptsPerWebhookMax,
        pendingMax,
        commitInterval,
        retries,
        holdAbove);
  }

  /** The same, with another limit. */
  public DispatcherConfig withHoldAbove(FlipLimit holdAbove) {
    return new DispatcherConfig(
        stateDirectory,
        version,
        allow,
        proxy,
        threads,
        attemptsMax,
        attemptsPerWebhookMax,
        pendingMax,
        commitInterval,
        retries,
        holdAbove);
  }

  private static void within(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + ": " + value + " (allowed: " + min + " to " + max + ")");
    }
  }
}
