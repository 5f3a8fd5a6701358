package dev.attune.profiles;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.grpc.EventLoops;
import dev.attune.platform.grpc.GrpcServer;
import dev.attune.platform.grpc.GrpcServerConfig;
import dev.attune.platform.health.HealthHttp;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import dev.attune.testkit.RedisBackend;
import io.grpc.BindableService;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The part as a process composes it: over a real Redis, with gRPC and the store on the same event
 * loops, and in real time.
 */
final class Composed implements AutoCloseable {
  private static final Duration WAIT = Duration.ofSeconds(10);

  /** What a test sees, and may step in between. */
  record Hooks(UnaryOperator<ProfileStore> store, UnaryOperator<BindableService> grpc) {
    static final Hooks NONE = new Hooks(UnaryOperator.identity(), UnaryOperator.identity());
  }

  private final EventLoops loops = EventLoops.start();
  private final ProfileStore store;
  final ProfileServicePart part;
  final HttpServer http;
  final GrpcServer grpc;

  /**
   * @param prefix of what is stored
   * @param kafka where changes are, for a part with a near-cache; null: without one
   */
  Composed(
      RedisBackend redis,
      String prefix,
      ProfileServiceConfig config,
      @Nullable KafkaSettings kafka,
      Hooks hooks) {
    store =
        RedisProfileStore.create(
            RedisSettings.plain(redis.host(), redis.port(), prefix), loops.group());
    ProfileStore asked = hooks.store().apply(store);
    DefinitionsSource definitions = DefinitionsSource.fixed(Service.definitions());
    NearCacheConfig near = config.nearCache();
    part =
        kafka == null
            ? ProfileServicePart.create(asked, definitions, config, new SimpleMeterRegistry())
            : ProfileServicePart.create(
                asked,
                NearCache.create(asked, new NearCacheSettings(near.bytesMax(), near.ageMax())),
                kafka,
                definitions,
                config,
                new SimpleMeterRegistry());
    part.start();
    http =
        HttpServer.start(
            HttpServerConfig.onPort(0),
            List.<Consumer<HttpRouting.Builder>>of(
                part::routes, new HealthHttp(List.of(part), Map::of)));
    grpc =
        GrpcServer.start(
            GrpcServerConfig.onPort(0),
            List.of(hooks.grpc().apply(part.grpc())),
            part::readiness,
            loops.group());
  }

  /** A number of the part's status. */
  long status(String name) {
    if (part.status().get(name) instanceof Number number) {
      return number.longValue();
    }
    throw new AssertionError("the status has no number " + name);
  }

  static String anyPrefix() {
    return "composed-" + UUID.randomUUID();
  }

  /** Writes a profile past the part, known by its identifiers; replaces what was there. */
  void write(Profile profile, long expectedVersion) throws Exception {
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profile.getProfileId())
            .setVersion(profile.getVersion())
            .setLive(LiveProfile.newBuilder().setServed(Served.of(profile).bytes()))
            .build();
    done(store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), WAIT));
    if (expectedVersion == 0) {
      IdentityRecord identity =
          IdentityRecord.newBuilder().setProfileId(profile.getProfileId()).setVersion(1).build();
      done(
          store.writeIdentities(
              profile.getIdentifiersList().stream()
                  .map(each -> new IdentityWrite(Identifier.of(each), 0, identity))
                  .toList(),
              WAIT));
    }
  }

  private static void done(CompletionStage<List<Boolean>> writes) throws Exception {
    if (writes.toCompletableFuture().get(WAIT.toMillis(), TimeUnit.MILLISECONDS).contains(false)) {
      throw new IllegalStateException("the store holds another version");
    }
  }

  @Override
  public void close() {
    http.close();
    grpc.close();
    part.close();
    store.close();
    loops.close();
  }
}
