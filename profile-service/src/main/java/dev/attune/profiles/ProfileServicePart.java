package dev.attune.profiles;

import dev.attune.core.profile.ProfileCache;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import dev.attune.profiles.feed.ChangesFeed;
import dev.attune.profiles.feed.NearCacheMetrics;
import dev.attune.profiles.lookup.Identities;
import dev.attune.profiles.lookup.Lookup;
import dev.attune.profiles.lookup.LookupGrpc;
import dev.attune.profiles.lookup.LookupHttp;
import dev.attune.profiles.lookup.LookupMetrics;
import io.grpc.BindableService;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lookups over gRPC and HTTP. Ready as soon as the store answers and the way to it is warm,
 * whatever the other parts do.
 */
public final class ProfileServicePart implements Part {
  private final Lookup lookup;
  private final LookupGrpc grpc;
  private final LookupHttp http;
  private final LookupMetrics metrics;
  private final WarmUp warmUp;
  private final StoreProbe probe;
  private final @Nullable Near near;

  /** What is kept, and where changes are heard of. */
  private record Near(ProfileCache cache, KafkaSettings kafka) {}

  private final InstantSource clock;
  private volatile @Nullable ChangesFeed feed;

  private ProfileServicePart(
      ProfileStore store,
      @Nullable Near near,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      InstantSource clock,
      MeterRegistry registry) {
    ProfileReader reader = near == null ? ProfileReader.direct(store, clock) : near.cache();
    this.near = near;
    this.clock = clock;
    lookup = new Lookup(reader, ProgressReader.of(store), definitions, config.lookupsMax(), clock);
    metrics = new LookupMetrics(registry);
    Identities identities = new Identities(store, definitions, clock);
    grpc = new LookupGrpc(lookup, identities, config.timeout(), metrics);
    http = new LookupHttp(lookup, identities, config.timeout(), metrics);
    warmUp = new WarmUp(reader, store, WarmUp.LOOKUPS_MAX, WarmUp.TIME_MAX);
    probe = new StoreProbe(store, warmUp::start);
    if (near != null) {
      NearCacheMetrics.register(registry, near.cache(), this::feedAge);
    }
    Gauge.builder("attune.lookup.under.way", lookup, Lookup::underWay)
        .description("Lookups that have not ended; compare with attune.lookup.limit")
        .register(registry);
    Gauge.builder("attune.lookup.limit", lookup, Lookup::limit)
        .description("Lookups that may be under way; below the configured most: the store is slow")
        .register(registry);
  }

  /** The part, which asks the store at every lookup; it does not own the store. */
  public static ProfileServicePart create(
      ProfileStore store,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      MeterRegistry registry) {
    return create(store, definitions, config, InstantSource.system(), registry);
  }

  /**
   * The part, which looks up in a cache and tells it of changes; it does not own the store.
   *
   * @param cache over the same store
   * @param kafka where the changes are
   */
  public static ProfileServicePart create(
      ProfileStore store,
      ProfileCache cache,
      KafkaSettings kafka,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      MeterRegistry registry) {
    return new ProfileServicePart(
        store, new Near(cache, kafka), definitions, config, InstantSource.system(), registry);
  }

  static ProfileServicePart create(
      ProfileStore store,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      InstantSource clock,
      MeterRegistry registry) {
    return new ProfileServicePart(store, null, definitions, config, clock, registry);
  }

  /** The service to add to the gRPC server. */
  public BindableService grpc() {
    return grpc;
  }

  @Override
  public String name() {
    return "profile-service";
  }

  @Override
  public void start() {
    probe.start();
    if (near != null) {
      feed = ChangesFeed.start(near.kafka(), near.cache(), clock);
    }
  }

  private Duration feedAge() {
    ChangesFeed following = feed;
    return following == null ? Duration.ZERO : following.age();
  }

  @Override
  public Readiness readiness() {
    Readiness store = probe.readiness();
    return store.ready() && !warmUp.done() ? Readiness.notReady("it is warming up") : store;
  }

  @Override
  public Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("lookups", metrics.total());
    status.put("under way", lookup.underWay());
    status.put("store answers in ms", probe.tookMicros() / 1_000.0);
    if (near != null) {
      ProfileCache.Counts counts = near.cache().counts();
      status.put("answered from memory", counts.hits());
      status.put("kept in MB", counts.bytes() / 1_000_000.0);
      status.put("changes heard of, ms ago", feedAge().toMillis());
    }
    return status;
  }

  @Override
  public void routes(HttpRouting.Builder http) {
    this.http.accept(http);
  }

  @Override
  public void close() {
    warmUp.close();
    ChangesFeed following = feed;
    if (following != null) {
      following.close();
    }
    probe.close();
    lookup.close();
  }
}
