package dev.attune.store.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/**
 * The servers and the traffic to them. Whether there is one or a cluster of them is decided here
 * and nowhere else.
 */
final class Servers implements AutoCloseable {
  private final ClientResources resources;
  private final RedisClient client;
  private final List<RedisClient> onLoops;
  private final Topology topology;
  private final Lane lookups;
  private final Lane bulk;
  private final FailoverWatch watch;

  /**
   * Connects when first needed.
   *
   * @param loops that lookups are asked on
   */
  Servers(RedisSettings settings, Loops loops, InstantSource clock) {
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
    onLoops =
        loops.all().stream()
            .map(
                loop ->
                    RedisDriver.client(options, RedisDriver.resources(settings, resources, loop)))
            .toList();
    lookups = lane(settings, loops, set -> onLoops.isEmpty() ? client : onLoops.get(set));
    bulk = lane(settings, Loops.NONE, _ -> client);
    watch = new FailoverWatch(topology, List.of(lookups, bulk), clock);
    var connected =
        new RedisConnectionStateListener() {
          @Override
          public void onRedisConnected(
              RedisChannelHandler<?, ?> connection, SocketAddress socketAddress) {
            watch.start();
            watch.wake();
          }
        };
    client.addListener(connected);
    onLoops.forEach(each -> each.addListener(connected));
  }

  private Lane lane(RedisSettings settings, Loops loops, IntFunction<RedisClient> clients) {
    return new Lane(
        topology,
        loops,
        (set, server) -> new RedisLink(clients.apply(set), RedisDriver.uri(settings, server)),
        settings.queueMax());
  }

  private void saw(Placement placement) {
    lookups.retain(placement.servers());
    bulk.retain(placement.servers());
    watch.wake();
  }

  Topology topology() {
    return topology;
  }

  FailoverWatch watch() {
    return watch;
  }

  Lane lookups() {
    return lookups;
  }

  Lane bulk() {
    return bulk;
  }

  @Override
  public void close() {
    watch.close();
    topology.close();
    onLoops.forEach(
        each -> {
          RedisDriver.close(each);
          RedisDriver.close(each.getResources());
        });
    RedisDriver.close(client);
    RedisDriver.close(resources);
  }
}
