package dev.attune.store.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.resource.ClientResources;
import java.util.concurrent.CompletableFuture;

/**
 * The servers and the traffic to them. Whether there is one or a cluster of them is decided here
 * and nowhere else.
 */
final class Servers implements AutoCloseable {
  private final ClientResources resources;
  private final RedisClient client;
  private final Topology topology;
  private final Lane lookups;
  private final Lane bulk;

  /** Connects when first needed. */
  Servers(RedisSettings settings) {
    ClusterClientOptions options = RedisDriver.options(settings);
    resources = RedisDriver.resources(settings);
    client = RedisDriver.client(options, resources);
    topology =
        switch (settings.mode()) {
          case SINGLE ->
              new Topology.Single(
                  CompletableFuture.completedFuture(Placement.of(settings.servers().getFirst())));
          case CLUSTER ->
              new ClusterTopology(
                  RedisDriver.clusterClient(settings, options, resources),
                  resources.eventExecutorGroup(),
                  this::saw);
        };
    lookups = lane(settings);
    bulk = lane(settings);
  }

  private Lane lane(RedisSettings settings) {
    return new Lane(
        topology,
        server -> new RedisLink(client, RedisDriver.uri(settings, server)),
        settings.queueMax());
  }

  private void saw(Placement placement) {
    lookups.retain(placement.servers());
    bulk.retain(placement.servers());
  }

  Topology topology() {
    return topology;
  }

  Lane lookups() {
    return lookups;
  }

  Lane bulk() {
    return bulk;
  }

  @Override
  public void close() {
    topology.close();
    RedisDriver.close(client);
    RedisDriver.close(resources);
  }
}
