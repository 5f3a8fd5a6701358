package dev.attune.profiles;

import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProgressReader;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.part.Part;
import dev.attune.platform.part.Readiness;
import dev.attune.profiles.lookup.Lookup;
import dev.attune.profiles.lookup.LookupGrpc;
import dev.attune.profiles.lookup.LookupHttp;
import dev.attune.profiles.lookup.LookupMetrics;
import io.grpc.BindableService;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/** Lookups over gRPC and HTTP. Ready as soon as the store answers, whatever the other parts do. */
public final class ProfileServicePart implements Part {
  private final Lookup lookup;
  private final LookupGrpc grpc;
  private final LookupHttp http;
  private final LookupMetrics metrics;
  private final StoreProbe probe;

  private ProfileServicePart(
      ProfileStore store,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      InstantSource clock,
      MeterRegistry registry) {
    lookup =
        new Lookup(
            ProfileReader.direct(store, clock),
            ProgressReader.of(store),
            definitions,
            config.lookupsMax(),
            clock);
    metrics = new LookupMetrics(registry);
    grpc = new LookupGrpc(lookup, config.timeout(), metrics);
    http = new LookupHttp(lookup, config.timeout(), metrics);
    probe = new StoreProbe(store);
    Gauge.builder("attune.lookup.under.way", lookup, Lookup::underWay)
        .description("Lookups that have not ended; compare with attune.lookup.limit")
        .register(registry);
    Gauge.builder("attune.lookup.limit", lookup, Lookup::limit)
        .description("Lookups that may be under way; below the configured most: the store is slow")
        .register(registry);
  }

  /** The part; it does not own the store. */
  public static ProfileServicePart create(
      ProfileStore store,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      MeterRegistry registry) {
    return create(store, definitions, config, InstantSource.system(), registry);
  }

  static ProfileServicePart create(
      ProfileStore store,
      DefinitionsSource definitions,
      ProfileServiceConfig config,
      InstantSource clock,
      MeterRegistry registry) {
    return new ProfileServicePart(store, definitions, config, clock, registry);
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
  }

  @Override
  public Readiness readiness() {
    return probe.readiness();
  }

  @Override
  public Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("lookups", metrics.total());
    status.put("under way", lookup.underWay());
    status.put("store answers in ms", probe.tookMicros() / 1_000.0);
    return status;
  }

  @Override
  public void routes(HttpRouting.Builder http) {
    this.http.accept(http);
  }

  @Override
  public void close() {
    probe.close();
    lookup.close();
  }
}
