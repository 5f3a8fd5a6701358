package dev.attune.load.pipeline;

import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.Value;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lookups over gRPC as a product's backend makes them; each answer is checked to be about whom was
 * asked.
 */
final class Lookups implements AutoCloseable {
  private static final long DEADLINE_MILLIS = 2_000;
  private static final String NAMESPACE = "user_id";

  private final ManagedChannel channel;
  private final ProfileServiceGrpc.ProfileServiceBlockingStub stub;
  private final AtomicLong made = new AtomicLong();
  private final Map<Status.Code, AtomicLong> failed = new ConcurrentHashMap<>();
  private final AtomicLong wrong = new AtomicLong();

  /**
   * @param address {@code host:port}
   */
  Lookups(String address) {
    this.channel = ManagedChannelBuilder.forTarget(address).usePlaintext().build();
    this.stub = ProfileServiceGrpc.newBlockingStub(channel);
  }

  /**
   * The profile of a user; empty when nobody is known by that, and when the lookup failed, which is
   * counted.
   */
  Optional<Profile> find(String userId) {
    Identifier asked = Identifier.newBuilder().setNamespace(NAMESPACE).setValue(userId).build();
    made.incrementAndGet();
    try {
      Profile profile =
          stub.withDeadlineAfter(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)
              .getProfile(GetProfileRequest.newBuilder().setIdentifier(asked).build())
              .getProfile();
      if (!profile.getIdentifiersList().equals(List.of(asked))) {
        wrong.incrementAndGet();
      }
      return Optional.of(profile);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        failed.computeIfAbsent(e.getStatus().getCode(), _ -> new AtomicLong()).incrementAndGet();
      }
      return Optional.empty();
    }
  }

  /** The bench's trait, -1 when the profile has none. */
  static long sequence(Profile profile) {
    return profile.getTraitsList().stream()
        .filter(trait -> trait.getName().equals(Plan.TRAIT))
        .filter(trait -> trait.getValue().getKindCase() == Value.KindCase.INTEGER)
        .mapToLong(trait -> trait.getValue().getInteger())
        .findFirst()
        .orElse(-1);
  }

  static boolean isMember(Profile profile, String audience) {
    return profile.getAudiencesList().stream()
        .anyMatch(membership -> membership.getAudience().equals(audience));
  }

  long made() {
    return made.get();
  }

  /** Those that brought an error, by its code. */
  Map<Status.Code, AtomicLong> failed() {
    return Map.copyOf(failed);
  }

  /** How many of them there are. */
  long failures() {
    return failed.values().stream().mapToLong(AtomicLong::get).sum();
  }

  /** Answers about somebody else than was asked for. */
  long wrong() {
    return wrong.get();
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
