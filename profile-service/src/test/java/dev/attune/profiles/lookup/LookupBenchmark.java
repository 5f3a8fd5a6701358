package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.store.near.NearCache;
import dev.attune.store.near.NearCacheSettings;
import io.grpc.Drainable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
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
  private static final int PROFILE_BYTES = 876;
  private static final long NOW = 1_795_000_000_123_456L;
  private static final Duration ANY = Duration.ofDays(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Three traits, one of which is not there, and one audience. */
  private static final Selection VIEW =
      new Selection(
          "banner@1",
          "banner@1.1",
          false,
          false,
          Map.of(
              "trait_1", Selection.NEVER_STALE, "trait_7", 1L, "trait_none", Selection.NEVER_STALE),
          false,
          true,
          Set.of("buyers"),
          false,
          true,
          Selection.ANY_AGE);

  @Param("32768")
  public int people;

  private final ProfileStore store = new MemoryProfileStore();
  private final ProfileReader near =
      NearCache.create(store, new NearCacheSettings(256 << 20, Duration.ofHours(1)));
  private final Served served = served(ProfileIds.of(identifier(0)));
  private final ByteString stored = served.profileBytes();
  private final Answer whole = answer(stored, List.of(), Selection.WHOLE);
  private final Answer part = part();
  private final WireAnswer reply = WireAnswer.of(whole);
  private final WireMarshaller<WireAnswer> marshaller = new WireMarshaller<>();
  private final OutputStream nowhere = OutputStream.nullOutputStream();
  private Identifier[] identifiers = {};
  private int next;

  @Setup
  public void fill() {
    identifiers = new Identifier[people];
    for (int i = 0; i < people; i++) {
      identifiers[i] = identifier(i);
      write(identifiers[i]);
      near.find(identifiers[i], ANY, TIMEOUT).toCompletableFuture().join();
    }
  }

  private static Identifier identifier(int number) {
    return new Identifier("user_id", "user-" + number);
  }

  private static Served served(String profileId) {
    Profile.Builder profile =
        Profile.newBuilder()
            .setProfileId(profileId)
            .setVersion(NOW)
            .addAudiences(Membership.newBuilder().setAudience("buyers").setEnteredAtMicros(NOW))
            .addAudiences(
                Membership.newBuilder()
                    .setAudience("visitors")
                    .setEnteredAtMicros(NOW)
                    .setValidUntilMicros(NOW));
    for (int i = 0; profile.build().getSerializedSize() < PROFILE_BYTES; i++) {
      profile.addTraits(
          Trait.newBuilder()
              .setName("trait_" + i)
              .setValue(Value.newBuilder().setText("value " + i))
              .setUpdatedAtMicros(NOW)
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

  private static Answer answer(ByteString profile, List<TraitStatus> statuses, Selection of) {
    return new Answer(
        profile, NOW, "\"etag\"", false, TokenState.TOKEN_STATE_UNSPECIFIED, statuses, of, "");
  }

  private Answer part() {
    try {
      WireProfile walked = WireProfile.walk(stored, VIEW, NOW);
      return answer(walked.kept(), walked.statuses(), VIEW);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private String etag() {
    return Etags.of(served.profileId(), served.version(), NOW, VIEW, 0, 1);
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
    next = (next + 7_919) % people;
    return near.find(identifiers[next], ANY, TIMEOUT);
  }

  @Benchmark
  public Object nearHitOfOne() {
    return near.find(identifiers[0], ANY, TIMEOUT);
  }

  /** What is needed for the entity tag. */
  @Benchmark
  public Object projectionWalk() throws IOException {
    return WireProfile.walk(stored, VIEW, NOW);
  }

  /** The same with what is answered. */
  @Benchmark
  public int projection() throws IOException {
    WireProfile walked = WireProfile.walk(stored, VIEW, NOW);
    return walked.kept().size() ^ walked.statuses().size();
  }

  /** Of a whole profile, a membership of which has ended. */
  @Benchmark
  public Object projectionOfAll() throws IOException {
    return WireProfile.walk(stored, Selection.WHOLE, NOW).kept();
  }

  @Benchmark
  public String etagMade() {
    return etag();
  }

  @Benchmark
  public boolean etagCompared() {
    return Etags.matches("W/\"another\", \"a-third\"", whole.etag());
  }

  @Benchmark
  public int jsonOfAll() throws IOException {
    return json(whole);
  }

  @Benchmark
  public int jsonOfAPart() throws IOException {
    return json(part);
  }

  private static int json(Answer answer) throws IOException {
    JsonBytes json = new JsonBytes(ProfileJson.expected(answer));
    ProfileJson.write(json, answer);
    return json.length();
  }

  @Benchmark
  public int replyDrained() throws IOException {
    try (InputStream stream = marshaller.stream(reply)) {
      return ((Drainable) stream).drainTo(nowhere);
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
