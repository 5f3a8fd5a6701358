package dev.attune.load.lookup;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.grpc.EventLoops;
import dev.attune.platform.grpc.GrpcServer;
import dev.attune.platform.grpc.GrpcServerConfig;
import dev.attune.platform.health.Metrics;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.part.Readiness;
import dev.attune.profiles.ProfileServiceConfig;
import dev.attune.profiles.lookup.Identities;
import dev.attune.profiles.lookup.Lookup;
import dev.attune.profiles.lookup.LookupGrpc;
import dev.attune.profiles.lookup.LookupHttp;
import dev.attune.profiles.lookup.LookupMetrics;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;

/**
 * The profile service alone, in a process of its own: what is measured. Composed of what the
 * standalone composes it of, without a log: the near-cache keeps to its bound on age and hears of
 * no changes. It ends with its standard input.
 */
final class LookupServer {
  /** Where it says how much the near-cache holds, in bytes. */
  static final String CACHE_PATH = "/bench/cache-bytes";

  /** Where it collects the whole heap and says how much of it is in use, in bytes. */
  static final String LIVE_PATH = "/bench/live-bytes";

  private static final Duration START_MAX = Duration.ofSeconds(20);

  private LookupServer() {}

  /** Arguments: Redis' port, and the bytes that the near-cache may use, 0 for none. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int redisPort = Integer.parseInt(arguments[0]);
    long cacheBytes = Long.parseLong(arguments[1]);
    InstantSource clock = InstantSource.system();
    try (EventLoops loops = EventLoops.start();
        ProfileStore store = Dataset.store(redisPort, loops.group());
        Metrics metrics = new Metrics()) {
      var _ = store.find(Population.identifier(0), START_MAX).toCompletableFuture().join();
      Reading reading = reader(store, cacheBytes, clock);
      ProfileServiceConfig config = ProfileServiceConfig.DEFAULT;
      Lookup lookup =
          new Lookup(
              reading.reader(),
              ProgressReader.of(store),
              DefinitionsSource.fixed(Definitions.NONE),
              config.lookupsMax(),
              clock);
      Identities identities =
          new Identities(store, DefinitionsSource.fixed(Definitions.NONE), clock);
      LookupMetrics counted = new LookupMetrics(metrics.registry());
      Consumer<HttpRouting.Builder> bytesRoutes =
          http ->
              http.get(
                      CACHE_PATH,
                      (_, response) -> response.send(String.valueOf(reading.bytes().held())))
                  .get(LIVE_PATH, (_, response) -> response.send(String.valueOf(liveBytes())));
      try (GrpcServer grpc =
              GrpcServer.start(
                  GrpcServerConfig.onPort(0),
                  List.of(new LookupGrpc(lookup, identities, config.timeout(), counted)),
                  () -> Readiness.READY,
                  loops.group());
          HttpServer http =
              HttpServer.start(
                  HttpServerConfig.onPort(0),
                  List.of(
                      metrics,
                      bytesRoutes,
                      new LookupHttp(lookup, identities, config.timeout(), counted)))) {
        System.out.println("grpc " + grpc.port() + " http " + http.port());
        while (System.in.read() >= 0) {
          // Nobody says anything; the end says that it is over.
        }
      }
    }
  }

  private static long liveBytes() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  private record Reading(ProfileReader reader, Bytes bytes) {}

  /** How much a cache holds. */
  private interface Bytes {
    long held();
  }

  /** The one place that knows of the near-cache. */
  private static Reading reader(ProfileStore store, long cacheBytes, InstantSource clock) {
    if (cacheBytes == 0) {
      return new Reading(ProfileReader.direct(store, clock), () -> 0);
    }
    NearCache near =
        NearCache.create(store, new NearCacheSettings(cacheBytes, WriteLedger.STALENESS_MAX));
    return new Reading(near, () -> near.counts().bytes());
  }
}
