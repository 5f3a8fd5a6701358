package dev.attune.refresher;

import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.event.Clock;
import dev.attune.refresher.snapshot.RefreshSettings;
import dev.attune.refresher.snapshot.S3Settings;
import dev.attune.refresher.stream.RegistryConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How the refresher works.
 *
 * @param stateDir where it keeps what has to survive a restart and is in no topic
 * @param consumers of events in this process, 1 to 64; more than the topic has partitions are idle
 * @param clock {@link Clock#TICKS} in a job that runs on the events' time
 * @param storeTimeout of each call to the store, 10 ms to 1 min
 * @param refresh what warehouse models may use
 * @param collector who may send events
 * @param registry of the schemas of streams, if there is one
 */
public record RefresherConfig(
    Path stateDir,
    int consumers,
    Clock clock,
    Duration storeTimeout,
    RefreshSettings refresh,
    CollectorConfig collector,
    Optional<RegistryConfig> registry) {
  /**
   * Two consumers on the wall clock, five seconds for a call to the store.
   *
   * @param dataRoot where the relative paths of models start
   */
  public static RefresherConfig of(Path stateDir, Path dataRoot) {
    return new RefresherConfig(
        stateDir,
        2,
        Clock.WALL,
        Duration.ofSeconds(5),
        RefreshSettings.defaults(dataRoot, stateDir),
        CollectorConfig.OPEN,
        Optional.empty());
  }

  /** The same with other senders. */
  public RefresherConfig withCollector(CollectorConfig collector) {
    return new RefresherConfig(
        stateDir, consumers, clock, storeTimeout, refresh, collector, registry);
  }

  /** The same with JDBC drivers elsewhere. */
  public RefresherConfig withDrivers(Path drivers) {
    return new RefresherConfig(
        stateDir,
        consumers,
        clock,
        storeTimeout,
        refresh.withDrivers(drivers),
        collector,
        registry);
  }

  /** The same with a schema registry. */
  public RefresherConfig withRegistry(RegistryConfig registry) {
    return new RefresherConfig(
        stateDir, consumers, clock, storeTimeout, refresh, collector, Optional.of(registry));
  }

  /** The same with another way to S3. */
  public RefresherConfig withS3(S3Settings s3) {
    return new RefresherConfig(
        stateDir, consumers, clock, storeTimeout, refresh.withS3(s3), collector, registry);
  }

  public RefresherConfig {
    if (consumers < 1 || consumers > 64) {
      throw new IllegalArgumentException("consumers: " + consumers + " (allowed: 1 to 64)");
    }
    if (storeTimeout.toMillis() < 10 || storeTimeout.toMillis() > 60_000) {
      throw new IllegalArgumentException(
          "storeTimeout: " + storeTimeout + " (allowed: 10 ms to 1 min)");
    }
  }
}
