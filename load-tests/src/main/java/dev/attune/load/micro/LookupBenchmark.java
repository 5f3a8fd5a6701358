package dev.attune.load.micro;

import com.google.protobuf.ByteString;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.profiles.ProfileServiceConfig;
import dev.attune.profiles.ProfileServicePart;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import io.grpc.Drainable;
import io.grpc.MethodDescriptor.Marshaller;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * The pieces of a lookup that is answered from memory. Run {@link #main}; a profile has 900 bytes,
 * and as many of them are kept as a machine's caches do not hold.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xmx1g",
      "-XX:+UseCompactObjectHeaders",
      "--sun-misc-unsafe-memory-access=allow"
    })
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LookupBenchmark {
  private static final int PEOPLE = 1 << 15;
  private static final Duration ANY = Duration.ofDays(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final ProfileStore store = new MemoryProfileStore();
  private final ProfileReader near =
      NearCache.create(store, new NearCacheSettings(256 << 20, Duration.ofHours(1)));
  private final Identifier[] identifiers = new Identifier[PEOPLE];
  private final Served served = served(ProfileIds.of(identifier(0)));
  private final OutputStream nowhere = OutputStream.nullOutputStream();
  private Marshaller<Object> marshaller = marshaller();
  private Object found = found();
  private int next;

  @Setup
  public void fill() {
    for (int i = 0; i < PEOPLE; i++) {
      identifiers[i] = identifier(i);
      write(identifiers[i]);
      near.find(identifiers[i], ANY, TIMEOUT).toCompletableFuture().join();
    }
  }

  private static Identifier identifier(int number) {
    return new Identifier("user_id", "user-" + number);
  }

  private static Served served(String profileId) {
    Profile.Builder profile = Profile.newBuilder().setProfileId(profileId).setVersion(1);
    for (int i = 0; profile.build().getSerializedSize() < 876; i++) {
      profile.addTraits(
          Trait.newBuilder()
              .setName("trait_" + i)
              .setValue(Value.newBuilder().setText("value " + i))
              .setUpdatedAtMicros(1_795_000_000_123_456L)
              .setSource("model:customers"));
    }
    // As a store answers it: one array.
    return new Served(ByteString.copyFrom(Served.of(profile.build()).bytes().toByteArray()));
  }

  private void write(Identifier identifier) {
    String profileId = ProfileIds.of(identifier);
    IdentityRecord identity =
        IdentityRecord.newBuilder().setProfileId(profileId).setVersion(1).build();
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profileId)
            .setVersion(1)
            .setLive(LiveProfile.newBuilder().setServed(served(profileId).bytes()))
            .build();
    store
        .writeIdentities(List.of(new IdentityWrite(identifier, 0, identity)), TIMEOUT)
        .toCompletableFuture()
        .join();
    store.writeProfiles(List.of(new ProfileWrite(0, record)), TIMEOUT).toCompletableFuture().join();
  }

  // The marshaller is the lookup's own business: this is how gRPC comes by it.
  @SuppressWarnings("unchecked")
  private Marshaller<Object> marshaller() {
    ProfileServicePart part =
        ProfileServicePart.create(
            store,
            DefinitionsSource.fixed(Definitions.parse(List.of())),
            ProfileServiceConfig.DEFAULT,
            new SimpleMeterRegistry());
    return (Marshaller<Object>)
        part.grpc().bindService().getMethods().stream()
            .filter(
                method -> method.getMethodDescriptor().getFullMethodName().endsWith("/GetProfile"))
            .findFirst()
            .orElseThrow()
            .getMethodDescriptor()
            .getResponseMarshaller();
  }

  private Object found() {
    GetProfileResponse response =
        GetProfileResponse.newBuilder()
            .setProfile(served.profile())
            .setReadAtMicros(1_795_000_000_123_456L)
            .build();
    return marshaller.parse(response.toByteString().newInput());
  }

  @Benchmark
  public long servedHeader() {
    return served.version() ^ served.earliestExpiryMicros();
  }

  @Benchmark
  public String servedProfileId() {
    return served.profileId();
  }

  @Benchmark
  public Object nearHit() {
    next = (next + 7_919) % PEOPLE;
    return near.find(identifiers[next], ANY, TIMEOUT);
  }

  @Benchmark
  public Object nearHitOfOne() {
    return near.find(identifiers[0], ANY, TIMEOUT);
  }

  @Benchmark
  public int foundDrain() throws IOException {
    try (InputStream reply = marshaller.stream(found)) {
      return ((Drainable) reply).drainTo(nowhere);
    }
  }

  public static void main(String[] arguments) throws RunnerException {
    new Runner(
            new OptionsBuilder()
                .include(LookupBenchmark.class.getSimpleName())
                .addProfiler(GCProfiler.class)
                .build())
        .run();
  }
}
