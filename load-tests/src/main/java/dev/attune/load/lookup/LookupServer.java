package dev.attune.load.lookup;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileStore;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.grpc.GrpcServer;
import dev.attune.platform.grpc.GrpcServerConfig;
import dev.attune.platform.health.Metrics;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.profiles.ProfileServiceConfig;
import dev.attune.profiles.ProfileServicePart;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The profile service alone, in a process of its own: what is measured. It is composed as the
 * standalone composes it, and ends with its standard input.
 */
final class LookupServer {
  /** Whether it can be asked for a near-cache. */
  static final boolean HAS_NEAR_CACHE = false;

  private LookupServer() {}

  /** Arguments: Redis' port, and the bytes that the near-cache may use, 0 for none. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int redisPort = Integer.parseInt(arguments[0]);
    long cacheBytes = Long.parseLong(arguments[1]);
    try (ProfileStore store = Dataset.store(redisPort);
        Metrics metrics = new Metrics();
        ProfileServicePart profiles = part(store, metrics, cacheBytes)) {
      profiles.start();
      while (!profiles.readiness().ready()) {
        Thread.sleep(10);
      }
      Consumer<HttpRouting.Builder> routes = profiles::routes;
      try (GrpcServer grpc =
              GrpcServer.start(
                  GrpcServerConfig.onPort(0), List.of(profiles.grpc()), profiles::readiness);
          HttpServer http =
              HttpServer.start(HttpServerConfig.onPort(0), List.of(metrics, routes))) {
        System.out.println("grpc " + grpc.port() + " http " + http.port());
        while (System.in.read() >= 0) {
          // Nobody says anything; the end says that it is over.
        }
      }
    }
  }

  /** The one place that knows of the near-cache. */
  private static ProfileServicePart part(ProfileStore store, Metrics metrics, long cacheBytes) {
    if (cacheBytes > 0) {
      throw new IllegalArgumentException("there is no near-cache yet");
    }
    return ProfileServicePart.create(
        store,
        DefinitionsSource.fixed(Definitions.NONE),
        ProfileServiceConfig.DEFAULT,
        metrics.registry());
  }
}
